"""What policies do to the time of calls: `make bench-policy`."""
