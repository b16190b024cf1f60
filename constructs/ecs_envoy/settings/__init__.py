"""Settings that the configuration and the constructs share: types, defaults, bounds. Without the CDK."""
