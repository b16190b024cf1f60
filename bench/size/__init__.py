"""`make bench-size`: what an environment of 1 to 200 services costs: synthesis, templates, Envoy, sidecar."""
