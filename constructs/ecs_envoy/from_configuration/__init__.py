"""Defines the constructs of a configuration: one module for each stack, and one for each shared subject."""
