"""Runs `ecs-envoy diff` in CI, and keeps its comment in a pull request or merge request up to date."""
