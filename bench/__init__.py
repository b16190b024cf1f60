"""Benchmarks: each compares within one run, and writes its results beside itself."""
