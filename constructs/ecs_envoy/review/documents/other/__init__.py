"""Compares the documents inside templates that are not Envoy's."""
