"""Drives the policies that a file gives, each with what it answers to, and compares what is seen."""
