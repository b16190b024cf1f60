"""What changes in the resources of an environment."""
