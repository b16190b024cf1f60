"""Telemetry of the proxy: access log, metrics and traces, and the containers that send them."""
