"""The steps of a rehearsal: deploy, call through an L4 proxy, then through Envoy, change, collect results."""
