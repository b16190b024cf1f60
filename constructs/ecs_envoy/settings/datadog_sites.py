"""Datadog's sites ("Getting Started with Datadog Sites")."""

from typing import Literal, get_args

DatadogSite = Literal[
    "datadoghq.com",
    "datadoghq.eu",
    "us3.datadoghq.com",
    "us5.datadoghq.com",
    "ap1.datadoghq.com",
    "ap2.datadoghq.com",
    "uk1.datadoghq.com",
    "ddog-gov.com",
    "us2.ddog-gov.com",
]

DATADOG_SITES: tuple[DatadogSite, ...] = get_args(DatadogSite)
"""The sites that `DatadogECSFargate` accepts; a test compares them."""
