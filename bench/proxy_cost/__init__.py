"""Measures what a proxy costs for each call, and what telemetry adds to it. Run by `make bench-proxy`."""
