"""Compares trees of values by rules, which say what a difference means; the rest is a diff."""
