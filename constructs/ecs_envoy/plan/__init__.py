"""What the proxy's task is deployed with, computed from settings. Without the CDK."""
