"""Checks that ARNs in a configuration have its partition and, if needed, its region and account."""

from collections.abc import Iterator

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.plans import servers
from ecs_envoy.plan.rules import Rule
from ecs_envoy.settings.image_mirror import registry_region
from ecs_envoy.settings.regions import arn_problem, partition_of
from ecs_envoy.settings.workspace_arn import workspace_problem
from envoy_config.settings_error import Finding, KeyPath


def _secrets(configuration: Configuration) -> Iterator[Finding]:
    for path, server in servers(configuration).items():
        found: list[tuple[KeyPath, str]] = [
            (("secrets", variable), arn) for variable, arn in server.secrets.items()
        ]
        found.append((("repository_credentials",), server.repository_credentials or ""))
        for name, sidecar in server.sidecars.items():
            here = ("sidecars", name)
            found += [((*here, "secrets", variable), arn) for variable, arn in sidecar.secrets.items()]
            found.append(((*here, "repository_credentials"), sidecar.repository_credentials or ""))
        for key, arn in found:
            yield from _check(configuration, (*path, *key), arn, "a secret")
        for number, arn in enumerate(server.kms_keys):
            yield from _check(configuration, (*path, "kms_keys", number), arn, "a key")


def _roles(configuration: Configuration) -> Iterator[Finding]:
    """Yield roles that no task can have: ECS takes those of its own account (API reference: iam:PassRole)."""
    tasks: list[tuple[KeyPath, str | None]] = [
        (("proxy", "execution_role"), configuration.proxy.execution_role)
    ]
    for path, server in servers(configuration).items():
        tasks.append(((*path, "task_role"), server.task_role))
        tasks.append(((*path, "execution_role"), server.execution_role))
    for path, arn in tasks:
        yield from _check(configuration, path, arn, "a role", other_account="tasks take roles of")
    boundary = configuration.permissions_boundary
    others = "" if boundary and ":iam::aws:" in boundary else "roles take policies of"
    here = ("permissions_boundary",)
    yield from _check(configuration, here, boundary, "a policy", other_account=others)


def _policies(configuration: Configuration) -> Iterator[Finding]:
    for path, server in servers(configuration).items():
        for number, statement in enumerate(server.task_policy):
            for index, arn in enumerate(statement.resources):
                here = (*path, "task_policy", number, "resources", index)
                yield from _check(configuration, here, arn if arn != "*" else None, "a resource")


def _keys(configuration: Configuration) -> Iterator[Finding]:
    telemetry = configuration.telemetry
    log = ("telemetry", "access_log", "kms_key")
    keys: list[tuple[KeyPath, str | None, str]] = [(log, telemetry.access_log.kms_key, "logs")]
    if telemetry.cloudwatch:
        topic = ("telemetry", "cloudwatch", "topic_kms_key")
        keys.append((topic, telemetry.cloudwatch.topic_kms_key, "topics"))
    for path, server in servers(configuration).items():
        keys.append(((*path, "log", "kms_key"), server.log.kms_key, "logs"))
    for path, arn, what in keys:
        why = f"and {what} in {configuration.region} cannot use it"
        yield from _check(configuration, path, arn, "a key", other_region=why)


def _load_balancer(configuration: Configuration) -> Iterator[Finding]:
    api = configuration.api
    for key, what, arn in (
        ("certificate", "a certificate", api.certificate if api else None),
        ("web_acl", "a web ACL", api.web_acl if api else None),
    ):
        why = f"which no ALB in {configuration.region} can use"
        yield from _check(
            configuration, ("api", key), arn, what, other_region=why, other_account="an ALB takes those of"
        )


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


def _check(
    configuration: Configuration,
    path: KeyPath,
    arn: str | None,
    what: str,
    *,
    other_region: str = "",
    other_account: str = "",
) -> Iterator[Finding]:
    """Yield why `arn` cannot be used; `other_account` says who takes `what` of its own account only."""
    if not arn:
        return
    region, account = configuration.region, configuration.account
    if problem := arn_problem(arn, what, region, other_region=other_region):
        yield path, problem
    elif other_account and (theirs := arn.split(":")[4]) != account:
        problem = f"is {what} in the account {theirs}, and {other_account} {account} only"
        yield path, f"{problem}; give one of {account}"


REGION_RULES: tuple[Rule[Configuration], ...] = (
    _secrets,
    _roles,
    _policies,
    _keys,
    _load_balancer,
    _topic,
    _api_key,
    _workspace,
    _mirror,
)
