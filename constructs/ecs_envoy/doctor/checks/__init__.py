"""The checks: each module looks at one part of an environment."""
