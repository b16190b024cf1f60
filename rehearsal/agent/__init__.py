"""A stand-in for ECS's scheduler and agent: it runs the tasks of the ECS API as local processes."""
