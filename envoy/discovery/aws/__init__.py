"""Calls to the APIs of AWS."""
