"""Computes what is deployed from settings. Without the CDK."""
