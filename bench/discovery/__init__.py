"""Compares discovery by DNS and by Cloud Map: evenness, speed, outages, cost (`make bench-discovery`)."""
