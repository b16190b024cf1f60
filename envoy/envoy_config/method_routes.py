"""Routes of methods that have a policy of their own."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from envoy_config.model import Service
from envoy_config.policy.merging import patterns_of
from envoy_config.policy.splitting import Canary
from envoy_config.policy.traffic_policy import MethodPolicy
from envoy_config.routing import Route


@dataclass(frozen=True, kw_only=True)
class PolicyRoute:
    """A route, and the policy of the calls that it matches.

    Attributes:
        route: The route.
        policy: The policy of its calls.
        limit: The name of the rate limit that its calls count in: that of the service, or with the method
            that has its own.

    """

    route: Route
    policy: MethodPolicy
    limit: str

    def like(self, other: "PolicyRoute") -> bool:
        """Return whether its calls are treated as those of `other`."""
        return self.policy == other.policy and self.limit == other.limit


def method_routes(routes: Iterable[Route], services: Mapping[str, Service]) -> Iterator[PolicyRoute]:
    """Yield each of `routes`, and with it a route for each method that has another policy than it."""
    for route in routes:
        yield from _routes(route, services[route.service])


def policies_of(services: Iterable[Service]) -> list[MethodPolicy]:
    """Return every policy that calls of `services` may have."""
    return [policy for service in services for policy in service.method_policies.values()]


def canaries_of(services: Iterable[Service]) -> list[Canary]:
    """Return every canary of `services`."""
    return [canary for policy in policies_of(services) for canary in policy.canaries]


def routes_of(service: Service) -> list[PolicyRoute]:
    """Return a route for each policy that calls of `service` may have."""
    return list(_routes(Route(service=service.name), service))


def _routes(route: Route, service: Service) -> Iterator[PolicyRoute]:
    policy = service.policy
    usual = _policy(route, service, f"{route.proto_service}/*" if route.proto_service else "")
    yield usual
    wider: dict[str, PolicyRoute] = {}
    streams = service.upstream.streaming_methods
    # All methods of a proto service come first, so that each single one is compared with them.
    for pattern in sorted({*policy.methods, *streams}, key=lambda p: (not p.endswith("/*"), p)):
        proto_service, _, method = pattern.partition("/")
        if route.proto_service not in {None, proto_service}:
            continue
        if method == "*":
            found = _policy(replace(route, proto_service=proto_service), service, pattern)
            wider[proto_service] = found
            if route.proto_service is None and not found.like(usual):
                yield found
        else:
            found = _policy(replace(route, proto_service=proto_service, method=method), service, pattern)
            if not found.like(wider.get(proto_service, usual)):
                yield found


def _policy(route: Route, service: Service, method: str) -> PolicyRoute:
    policies, methods = service.method_policies, service.policy.methods
    narrowest_first = patterns_of(method)[::-1]
    own = [
        each for each in narrowest_first if each in methods and "rate_limit" in methods[each].model_fields_set
    ]
    known = next((each for each in narrowest_first if each in policies), "")
    return PolicyRoute(route=route, policy=policies[known], limit="|".join([service.name, *own[:1]]))
