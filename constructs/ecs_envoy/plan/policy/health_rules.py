"""Rules of which tasks are fit for calls."""

from collections.abc import Iterator

from ecs_envoy.plan.policy.subject import PoliciesOfService
from ecs_envoy.plan.policy.without_effect import without_effect
from ecs_envoy.plan.rules import Rule
from envoy_config.settings_error import Finding

_CHECK = ("interval", "timeout", "unhealthy_threshold", "healthy_threshold", "port")


def _checked_service(service: PoliciesOfService) -> Iterator[Finding]:
    kind = service.whole.health_check.type
    if kind != "grpc":
        yield from without_effect(
            service,
            "health_check",
            ("service",),
            because=f"type: {kind}, which asks for no name",
            cure="give type: grpc, or remove it",
            unless="type",
        )


def _no_check(service: PoliciesOfService) -> Iterator[Finding]:
    if service.whole.health_check.type == "none":
        cure = "give type: http2, grpc or tcp, or remove it"
        yield from without_effect(
            service, "health_check", _CHECK, because="type: none", cure=cure, unless="type"
        )


def _same_port(service: PoliciesOfService) -> Iterator[Finding]:
    port, calls = service.whole.health_check.port, service.plan.upstream.port
    given = service.service.source("health_check", "port")
    if given and given[0] == "services" and port == calls and service.plan.instance_ports is None:
        yield given, f"{port} is the port that gets calls, which is checked by default; remove it"


def _outliers(service: PoliciesOfService) -> Iterator[Finding]:
    kind = service.whole.outlier_detection.type
    if kind == "gateway_failure":
        return
    passive = () if kind == "local_origin_failure" else ("ejection_time", "max_ejected_percent")
    keys, cure = ("failures", *passive), "give type: gateway_failure, or remove it"
    yield from without_effect(
        service, "outlier_detection", keys, because=f"type: {kind}", cure=cure, unless="type"
    )


HEALTH_RULES: tuple[Rule[PoliciesOfService], ...] = (_checked_service, _no_check, _same_port, _outliers)
