"""The sidecar in the proxy's task: follows Cloud Map, and writes the endpoints that Envoy reads.

It runs alone in a small image, so it imports nothing of ours; Envoy's side of the contract is
`envoy_config.eds`.
"""
