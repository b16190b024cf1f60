"""The probes of each kind of policy."""
