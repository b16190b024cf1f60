"""Rules of which task gets a call."""

from collections.abc import Iterator

from ecs_envoy.plan.policy.subject import PoliciesOfService
from ecs_envoy.plan.policy.without_effect import without_effect
from ecs_envoy.plan.reach.service_location import InCloudMap
from ecs_envoy.plan.rules import Rule
from ecs_envoy.plan.service_plan import ServicePlan
from envoy_config.settings_error import Finding

_BLOCK = "load_balancing"


def _hash_header(service: PoliciesOfService) -> Iterator[Finding]:
    balancing = service.whole.load_balancing
    if not balancing.hashes:
        yield from without_effect(
            service,
            _BLOCK,
            ("hash_header",),
            because=f"type: {balancing.type}",
            cure="give type: ring_hash or maglev, or remove it",
            unless="type",
        )
    elif balancing.hash_header is None:
        cure = "give the header whose value decides, such as x-user"
        yield service.service.place(_BLOCK, "hash_header"), f"missing, with type: {balancing.type}; {cure}"


def _slow_start(service: PoliciesOfService) -> Iterator[Finding]:
    kind = service.whole.load_balancing.type
    if kind not in {"round_robin", "least_request"}:
        cure = "give type: round_robin or least_request, or remove it"
        yield from without_effect(
            service, _BLOCK, ("slow_start",), because=f"type: {kind}", cure=cure, unless="type"
        )


def _zones(service: PoliciesOfService) -> Iterator[Finding]:
    balancing = service.whole.load_balancing
    if balancing.hashes and balancing.zone_aware:
        yield from without_effect(
            service,
            _BLOCK,
            ("zone_aware",),
            because=f"type: {balancing.type}, which gives a header's value the same task at every proxy",
            cure="remove it",
            unless="type",
        )


def _panic(service: PoliciesOfService) -> Iterator[Finding]:
    whole, policy = service.whole, service.service
    if whole.health_check.type == whole.outlier_detection.type == "none":
        types = [policy.source(block, "type") for block in ("health_check", "outlier_detection")]
        here = policy.source(_BLOCK, "panic_threshold")
        if here and here[0] == "policy" and any(where and where[0] != "policy" for where in types):
            return  # the service turns off what the file has for all
        because = "no health_check and no outlier_detection, which alone know of bad tasks"
        yield from without_effect(
            service, _BLOCK, ("panic_threshold",), because=because, cure="remove it, or give one of the two"
        )


def _version(service: PoliciesOfService) -> Iterator[Finding]:
    if service.whole.load_balancing.version is None:
        return
    if problem := version_problem(service.plan):
        yield service.service.place(_BLOCK, "version"), problem


def version_problem(service: ServicePlan) -> str | None:
    """Return why no task of `service` can have a version; None if Cloud Map's attributes may say one."""
    if service.discovery == "dns":
        return "DNS does not say which version a task has; remove it, or give discovery: cloud_map"
    if not isinstance(service.location, InCloudMap):
        cure = "give a cloud_map_service whose instances have the attribute version, or remove it"
        return f"ECS does not say which version a task has, so no task would get calls; {cure}"
    if service.is_deployed_here:
        cure = "remove it, or register the tasks otherwise, as a service of existing_services"
        return f"ECS registers {service.name} without the attribute version: no task would get calls; {cure}"
    return None


LOAD_BALANCING_RULES: tuple[Rule[PoliciesOfService], ...] = (
    _hash_header,
    _slow_start,
    _zones,
    _panic,
    _version,
)
