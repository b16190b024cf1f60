"""Zones: the one that this task is in, how many calls arrive in each, and how they are weighed."""
