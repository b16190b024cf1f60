"""Endpoints for an Envoy that cannot watch a file for each service: one stream of Envoy's xDS protocol."""
