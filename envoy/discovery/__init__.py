"""The sidecar in the proxy's task: it polls Cloud Map and writes the endpoints that Envoy reads.

It runs in a small image of its own, so it imports none of our other packages. `envoy_config.eds` makes
Envoy read the files that this package writes.
"""
