"""Calls to Cloud Map's API."""
