"""AWS on loopback: MiniStack, with what these stacks need and it lacks."""
