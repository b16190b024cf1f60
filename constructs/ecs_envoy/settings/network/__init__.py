"""Where things are in a network, and how callers get there."""
