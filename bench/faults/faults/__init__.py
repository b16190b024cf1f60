"""The faults: what each one does to the deployed system, and what it may do to calls."""
