"""Rules that a traffic policy must keep."""
