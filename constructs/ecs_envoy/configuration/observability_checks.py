"""Rules between the keys of a configuration that say where logs, metrics and traces go."""

from collections.abc import Iterator, Mapping
from typing import cast

from ecs_envoy.configuration.document import KeyPath
from ecs_envoy.plan.proxy_memory import memory_problem, sidecars
from ecs_envoy.settings.workspace_arn import workspace_problem
from envoy_config.telemetry import METRICS_PORT

Finding = tuple[KeyPath, str]

_HERE = "observability"


def observability_checks(values: Mapping[str, object], *, discovery: bool) -> Iterator[Finding]:
    """Yield each broken rule of the plain `values` of a configuration.

    Args:
        values: The whole configuration.
        discovery: Whether the proxy's task has a sidecar that asks Cloud Map.

    """
    wanted, proxy = _mapping(values, _HERE), _mapping(values, "proxy")
    prometheus, datadog = _mapping(wanted, "prometheus"), _mapping(wanted, "datadog")
    if wanted.get("prometheus") is not None and not {"workspace", "scraped_from"} & prometheus.keys():
        yield (
            (_HERE, "prometheus"),
            "neither written nor scraped; give workspace: new or an ARN, or scraped_from",
        )
    yield from _regions(values, wanted)
    metrics = any(wanted.get(key) not in (None, False) for key in ("cloudwatch", "prometheus", "datadog"))
    if metrics and proxy.get("port") == METRICS_PORT:
        yield ("proxy", "port"), f"{METRICS_PORT} is the port of the proxy's metrics; give another"
    collector = "workspace" in prometheus or any(
        wanted.get(key) not in (None, False) for key in ("cloudwatch", "tracing")
    )
    beside = sidecars(
        discovery=discovery,
        collector=collector,
        datadog=wanted.get("datadog") is not None,
        datadog_log=datadog.get("access_log") is True,
    )
    memory = proxy.get("memory", 512)
    known = isinstance(memory, int) and not isinstance(memory, bool) and memory >= 512
    if known and (problem := memory_problem(cast("int", memory), beside)):
        yield ("proxy", "memory"), problem


def _regions(values: Mapping[str, object], wanted: Mapping[str, object]) -> Iterator[Finding]:
    region = values.get("region")
    if not isinstance(region, str):
        return
    workspace = _mapping(wanted, "prometheus").get("workspace")
    given = isinstance(workspace, str) and workspace.count(":") == 5
    if given and (problem := workspace_problem(str(workspace), region)):
        yield (_HERE, "prometheus", "workspace"), problem
    for block, key, what in (
        ("cloudwatch", "topic", "a topic"),
        ("datadog", "api_key_secret", "a secret"),
    ):
        arn = _mapping(wanted, block).get(key)
        if isinstance(arn, str) and arn.count(":") >= 5 and (there := arn.split(":")[3]) != region:
            yield (_HERE, block, key), f"is {what} in {there}; give one of {region}"


def _mapping(values: Mapping[str, object], key: str) -> dict[str, object]:
    value = values.get(key)
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}
