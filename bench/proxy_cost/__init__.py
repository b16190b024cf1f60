"""What a proxy costs for each call, and what telemetry adds to it. `make bench-proxy`."""
