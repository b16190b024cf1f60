"""The services that the proxy routes to, and the public API that calls it."""
