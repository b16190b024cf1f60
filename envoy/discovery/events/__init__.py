"""ECS's events, which say which service is about to change: where they come from, and who is told."""
