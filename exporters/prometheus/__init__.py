"""What Prometheus scrapes: the metric catalogue, two collectors and the text they give."""
