"""What a change means: causes with their consequences."""
