"""What a side costs a month, item by item."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ecs_envoy.plan.proxy.discovery_events import CallsPerHour, calls_per_hour
from ecs_envoy.review.assembly.combined import stack_of
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.comparison import Side
from ecs_envoy.review.cost.prices import Prices
from ecs_envoy.review.facts.discovery_settings import discovery_settings
from ecs_envoy.review.facts.ecs import EcsService

_FREE_STORAGE_GB = 20


@dataclass(frozen=True, kw_only=True)
class Item:
    """Something that costs.

    Attributes:
        key: What it is on both sides, such as `Fargate: lessons`.
        detail: How much of it there is, such as `4 tasks of 0.25 vCPU and 0.5 GB`.
        least: Its cost a month in USD, at the least number of tasks.
        most: Its cost at the highest number of tasks.

    """

    key: str
    detail: str
    least: float
    most: float


def items(side: Side, prices: Prices) -> Iterator[Item]:
    """Yield what a side costs a month."""
    for service in side.services.values():
        yield from _of_service(service, _region(side, service.id), prices)
    yield from _of_resources(side, prices)


def _region(side: Side, resource_id: str) -> str:
    stack = side.assembly.stacks.get(stack_of(resource_id))
    return stack.region if stack else ""


def _of_service(service: EcsService, region: str, prices: Prices) -> Iterator[Item]:
    if not service.cpu or not service.memory:
        return  # it runs on instances, whose cost no template of the service says
    hours = prices.rates.month_hours
    name = f"the proxy {code(service.name)}" if service.is_proxy else code(service.name)
    kind = "arm64" if service.architecture == "ARM64" else "x86_64"
    vcpu, gb = service.cpu / 1024, service.memory / 1024
    hour = vcpu * prices.price(f"fargate_{kind}_vcpu_hour", region)
    hour += gb * prices.price(f"fargate_{kind}_gb_hour", region)
    hour *= 1 - prices.rates.spot_discount * _spot_share(service)
    storage = max(0, _storage(service) - _FREE_STORAGE_GB)
    hour += storage * prices.price("fargate_storage_gb_hour", region)
    spot = " on Spot in part" if 0 < _spot_share(service) < 1 else " on Spot" if _spot_share(service) else ""
    arm = " of arm64" if kind == "arm64" else ""
    yield _by_task(f"Fargate: {name}", service, hour * hours, f" of {vcpu:g} vCPU and {gb:g} GB{arm}{spot}")
    if service.public_ip:
        yield _by_task(
            f"public addresses: {name}", service, prices.price("public_ipv4_hour", region) * hours, ""
        )
    if any(_logs_to_cloudwatch(container.definition) for container in service.containers.values()):
        yield _by_task(
            f"logs: {name}", service, prices.rates.log_gb_task_month * prices.price("log_gb", region), ""
        )
    calls = _discovery_calls_per_hour(service)
    for what, number, price in (
        ("Cloud Map's API", calls.cloud_map, "cloud_map_million_calls"),
        ("ECS's events by SQS", calls.sqs, "sqs_million_requests"),
    ):
        if number:
            yield _by_task(f"{what}: {name}", service, number * hours / 1e6 * prices.price(price, region), "")


def _by_task(key: str, service: EcsService, each: float, detail: str) -> Item:
    tasks = (
        f"{service.min_tasks}"
        if service.min_tasks == service.max_tasks
        else f"{service.min_tasks} to {service.max_tasks}"
    )
    plural = "task" if service.max_tasks == 1 else "tasks"
    return Item(
        key=key,
        detail=f"{tasks} {plural}{detail}",
        least=service.min_tasks * each,
        most=service.max_tasks * each,
    )


def _spot_share(service: EcsService) -> float:
    weights = service.capacity_providers
    return weights.get("FARGATE_SPOT", 0) / total if (total := sum(weights.values())) else 0.0


def _storage(service: EcsService) -> int:
    size = service.task.get("EphemeralStorage", {}).get("SizeInGiB", _FREE_STORAGE_GB)
    return size if isinstance(size, int) else _FREE_STORAGE_GB


def _logs_to_cloudwatch(container: Mapping[str, Any]) -> bool:
    return container.get("LogConfiguration", {}).get("LogDriver") == "awslogs"


def _discovery_calls_per_hour(service: EcsService) -> CallsPerHour:
    """Return how often a task's sidecar asks Cloud Map and SQS."""
    sidecar = service.containers.get("discovery")
    if sidecar is not None and service.is_proxy and sidecar.command:
        with suppress(ValueError, AttributeError, KeyError, TypeError):  # somebody else's of the same name
            settings: dict[str, Any] = discovery_settings(sidecar.command[0])
            followed: list[dict[str, Any]] = settings["services"]
            events = "queue" in settings
            return calls_per_hour(
                sum(bool(s.get("cloud_map_service")) for s in followed),
                timedelta(seconds=float(settings.get("interval", 1.0))),
                events=events,
                sidecars_talk=events or any(s.get("zone_aware", True) for s in followed),
            )
    return CallsPerHour(cloud_map=0.0, sqs=0.0)


def _of_resources(side: Side, prices: Prices) -> Iterator[Item]:
    found: dict[str, list[float]] = {}
    for resource_id, definition in side.template["Resources"].items():
        rule = _RULES.get(definition["Type"])
        if rule is None:
            continue
        properties: Mapping[str, Any] = definition.get("Properties", {})
        kind, price, number = rule(properties)
        hours = prices.rates.month_hours if price.endswith("_hour") else 1
        if number:
            each = prices.price(price, _region(side, resource_id)) * hours * number
            found.setdefault(kind, []).append(each)
    for kind, costs in sorted(found.items()):
        yield Item(key=kind, detail=str(len(costs)), least=sum(costs), most=sum(costs))


Rule = Callable[[Mapping[str, Any]], tuple[str, str, float]]
"""Returns what a resource is called, the name of its price, and how many times it costs that."""


def _one(kind: str, price: str) -> Rule:
    return lambda _properties: (kind, price, 1)


def _load_balancer(properties: Mapping[str, Any]) -> tuple[str, str, float]:
    if properties.get("Type") == "network":
        return "NLBs", "network_load_balancer_hour", 1
    return "ALBs", "application_load_balancer_hour", 1


def _endpoint(properties: Mapping[str, Any]) -> tuple[str, str, float]:
    # A gateway endpoint is free; an interface endpoint costs in each of its subnets.
    zones = len(properties.get("SubnetIds", [])) if properties.get("VpcEndpointType") == "Interface" else 0
    return "interface endpoints", "interface_endpoint_hour", zones


def _alarm(properties: Mapping[str, Any]) -> tuple[str, str, float]:
    metrics = [m for m in properties.get("Metrics", []) if "MetricStat" in m]
    return "alarms", "alarm_month", max(1, len(metrics))


_RULES: Mapping[str, Rule] = {
    "AWS::EC2::NatGateway": _one("NAT gateways", "nat_gateway_hour"),
    "AWS::EC2::EIP": _one("public addresses of NAT gateways", "public_ipv4_hour"),
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _load_balancer,
    "AWS::ElasticLoadBalancing::LoadBalancer": _one("Classic Load Balancers", "classic_load_balancer_hour"),
    "AWS::ServiceDiscovery::PrivateDnsNamespace": _one("private hosted zones", "hosted_zone_month"),
    "AWS::Route53::HostedZone": _one("hosted zones", "hosted_zone_month"),
    "AWS::ServiceDiscovery::Instance": _one(
        "names that a stack registers in Cloud Map", "cloud_map_instance_month"
    ),
    "AWS::CloudWatch::Dashboard": _one("dashboards", "dashboard_month"),
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::Logs::MetricFilter": _one("metrics from logs, for each value of their dimensions", "metric_month"),
    "AWS::KMS::Key": _one("KMS keys", "kms_key_month"),
    "AWS::SecretsManager::Secret": _one("secrets", "secret_month"),
}
