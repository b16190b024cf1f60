"""What a change would deploy: the comment on a pull request that `ecs-envoy diff` writes."""
