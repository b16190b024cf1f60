"""The stacks of a configuration, and what they hold."""
