"""Compares the documents inside templates by meaning."""
