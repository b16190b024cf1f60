"""A stand-in for the ECS agent and scheduler: what the ECS API wants, run as local processes."""
