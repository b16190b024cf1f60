"""Reads an Envoy bootstrap of API v3."""
