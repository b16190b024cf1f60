"""Discovery by DNS and by Cloud Map: how even, how fast, how safe, how dear. `make bench-discovery`."""
