"""Benchmarks. Each one compares figures of a single run, and writes its results to a page in this folder."""
