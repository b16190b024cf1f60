"""How tasks stop, so that no call is lost."""
