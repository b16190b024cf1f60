"""The fault matrix: a deployed system, faults while clients call, and a history of every call."""
