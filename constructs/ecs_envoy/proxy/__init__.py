"""The Envoy proxy on Fargate."""
