"""AWS on loopback: MiniStack, and handlers for what our stacks need but MiniStack lacks."""
