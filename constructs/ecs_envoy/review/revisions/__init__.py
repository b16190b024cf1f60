"""Synthesizes revisions of a project, each with its own code and dependencies."""
