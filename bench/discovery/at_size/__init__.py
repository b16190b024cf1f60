"""Measures a sidecar with 200 services of 50 tasks. `python -m bench.discovery.at_size` takes 8 minutes."""
