"""How long Cloud Map takes to show a change of health."""

VARIABLE = "ECS_ENVOY_HEALTH_LAG_SECONDS"
"""The environment variable that tells the emulator."""

HEALTH_LAG_SECONDS = 30.0
"""API reference: HealthCheckCustomConfig ("Cloud Map waits for 30 seconds"); aws/containers-roadmap#449."""
