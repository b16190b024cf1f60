"""Compares Envoy's bootstraps by what they mean to calls."""
