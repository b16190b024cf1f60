"""The command `ecs-envoy`."""
