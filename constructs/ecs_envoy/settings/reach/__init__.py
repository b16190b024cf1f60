"""Who may call a proxy, and where the services are that it calls."""
