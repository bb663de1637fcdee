"""The HTTP side of vigie: JSON API, event stream, health, metrics routes and the wallboard."""
