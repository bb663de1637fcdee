"""Grafana boards made from the KPI catalogue: `python -m exporters.grafana`."""
