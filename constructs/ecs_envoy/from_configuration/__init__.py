"""The constructs that an environment's configuration asks for, a module for each stack."""
