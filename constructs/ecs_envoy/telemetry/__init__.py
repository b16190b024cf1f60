"""What the proxy reports: access log, metrics and traces, and the containers that carry them."""
