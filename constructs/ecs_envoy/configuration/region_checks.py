"""Checks that ARNs in a configuration have its partition and, if needed, its region."""

from collections.abc import Iterator

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.server import Container
from ecs_envoy.plan.rules import Rule
from ecs_envoy.settings.image_mirror import registry_region
from ecs_envoy.settings.regions import arn_problem, partition_of
from ecs_envoy.settings.workspace_arn import workspace_problem
from envoy_config.settings_error import Finding, KeyPath


def _secrets(configuration: Configuration) -> Iterator[Finding]:
    servers: list[tuple[KeyPath, Container]] = [
        (("services", name), service) for name, service in configuration.services.items()
    ]
    if configuration.api:
        servers.append((("api",), configuration.api))
    for path, server in servers:
        for variable, arn in server.secrets.items():
            yield from _partition(configuration, (*path, "secrets", variable), arn, "a secret")
        for number, arn in enumerate(server.kms_keys):
            yield from _partition(configuration, (*path, "kms_keys", number), arn, "a key")


def _certificate(configuration: Configuration) -> Iterator[Finding]:
    if configuration.api and configuration.api.certificate:
        arn, region = configuration.api.certificate, configuration.region
        why = f"which no ALB in {region} can use"
        if problem := arn_problem(arn, "a certificate", region, other_region=why):
            yield ("api", "certificate"), problem


def _topic(configuration: Configuration) -> Iterator[Finding]:
    cloudwatch = configuration.telemetry.cloudwatch
    if cloudwatch and cloudwatch.topic:
        why = f"and alarms in {configuration.region} cannot reach it"
        if problem := arn_problem(cloudwatch.topic, "a topic", configuration.region, other_region=why):
            yield ("telemetry", "cloudwatch", "topic"), problem


def _api_key(configuration: Configuration) -> Iterator[Finding]:
    datadog, region = configuration.telemetry.datadog, configuration.region
    if datadog:
        why = f"and tasks in {region} cannot read it"
        if problem := arn_problem(datadog.api_key_secret, "a secret", region, other_region=why):
            yield ("telemetry", "datadog", "api_key_secret"), problem


def _workspace(configuration: Configuration) -> Iterator[Finding]:
    prometheus = configuration.telemetry.prometheus
    arn = prometheus.workspace if prometheus else None
    if arn and arn != "new" and (problem := workspace_problem(arn, configuration.region)):
        yield ("telemetry", "prometheus", "workspace"), problem


def _mirror(configuration: Configuration) -> Iterator[Finding]:
    if configuration.image_mirror:
        there = partition_of(registry_region(configuration.image_mirror)).name
        here = partition_of(configuration.region).name
        if there != here:
            problem = f"is a registry in the partition {there}, and {configuration.region} is in {here}"
            yield ("image_mirror",), f"{problem}; give one in {here}"


def _partition(configuration: Configuration, path: KeyPath, arn: str, what: str) -> Iterator[Finding]:
    if problem := arn_problem(arn, what, configuration.region):
        yield path, problem


REGION_RULES: tuple[Rule[Configuration], ...] = (
    _secrets,
    _certificate,
    _topic,
    _api_key,
    _workspace,
    _mirror,
)
