"""Traffic policy: how the proxy treats calls, by default, by service and by method."""
