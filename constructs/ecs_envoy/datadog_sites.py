"""Datadog's sites ("Getting Started with Datadog Sites")."""

DATADOG_SITES = (
    "datadoghq.com",
    "datadoghq.eu",
    "us3.datadoghq.com",
    "us5.datadoghq.com",
    "ap1.datadoghq.com",
    "ap2.datadoghq.com",
    "uk1.datadoghq.com",
    "ddog-gov.com",
    "us2.ddog-gov.com",
)
"""Those that `DatadogECSFargate` takes; a test compares."""
