"""Monitors the proxy and its services in CloudWatch: metrics, alarms, dashboard."""
