"""The whole system on one machine: what the templates say, run by real processes."""
