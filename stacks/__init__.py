"""The stacks: each module defines the resources that are deployed together."""
