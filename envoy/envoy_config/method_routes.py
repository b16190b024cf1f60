"""Routes of methods that have a policy of their own."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from envoy_config.model import Service
from envoy_config.policy.merging import method_policy
from envoy_config.policy.traffic_policy import MethodPolicy
from envoy_config.routing import Route


@dataclass(frozen=True, kw_only=True)
class PolicyRoute:
    """A route, and the policy of the calls that it matches.

    Attributes:
        route: The route.
        policy: The policy of its calls.

    """

    route: Route
    policy: MethodPolicy


def method_routes(routes: Iterable[Route], services: Mapping[str, Service]) -> Iterator[PolicyRoute]:
    """Yield each of `routes`, and with it a route for each method that has another policy than it."""
    for route in routes:
        yield from _routes(route, services[route.service])


def policies_of(service: Service) -> list[MethodPolicy]:
    """Return every policy that calls of `service` may have."""
    return [found.policy for found in _routes(Route(service=service.name), service)]


def _routes(route: Route, service: Service) -> Iterator[PolicyRoute]:
    policy = service.policy
    usual = _policy(service, f"{route.proto_service}/*" if route.proto_service else "")
    yield PolicyRoute(route=route, policy=usual)
    wider: dict[str, MethodPolicy] = {}
    streams = service.upstream.streaming_methods
    # All methods of a proto service come first, so that each single one is compared with them.
    for pattern in sorted({*policy.methods, *streams}, key=lambda p: (not p.endswith("/*"), p)):
        proto_service, _, method = pattern.partition("/")
        if route.proto_service not in {None, proto_service}:
            continue
        found = _policy(service, pattern)
        if method == "*":
            wider[proto_service] = found
            if route.proto_service is None and found != usual:
                yield PolicyRoute(route=replace(route, proto_service=proto_service), policy=found)
        elif found != wider.get(proto_service, usual):
            yield PolicyRoute(route=replace(route, proto_service=proto_service, method=method), policy=found)


def _policy(service: Service, pattern: str) -> MethodPolicy:
    return method_policy(service.policy, pattern, stream=pattern in service.upstream.streaming_methods)
