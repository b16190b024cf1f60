"""Measures what the abuse of one client does to the others, and writes `bench/abuse.md`."""
