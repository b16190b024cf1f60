"""The course of a rehearsal: deploy, call before and after, change, and what came of it."""
