"""What needs care before a change is merged."""
