"""Tasks as ECS itself lists them, for services without a registry."""
