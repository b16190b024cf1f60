"""Which calls go to which service: the routes, and why services cannot share one listener."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from envoy_config.settings_error import KeyPath, dotted
from envoy_config.telemetry import ADMIN_CLUSTER, COLLECTOR_CLUSTER

XDS_CLUSTER = "discovery_sidecar"
"""The cluster of the discovery sidecar, where Envoy gets endpoints by a stream."""

OWN_CLUSTERS = {ADMIN_CLUSTER, COLLECTOR_CLUSTER, XDS_CLUSTER}


@dataclass(frozen=True, kw_only=True)
class Route:
    """Calls that go to one service: those that match each field that is given.

    Args:
        service: The name of the service.
        host: The name that the client dials, in lower case and without a port. None for every name that is
            the host of no other route.
        proto_service: The proto service that is called; None for every one.
        method: The method of `proto_service`, such as `List`; None for every one.
        headers: Metadata that the call has, each by its name and whole value; none by default.

    """

    service: str
    host: str | None = None
    proto_service: str | None = None
    method: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def rank(self) -> tuple[bool, bool, int, str, str, tuple[tuple[str, str], ...]]:
        """Sorts the routes of a host as Envoy has to try them: the one that matches fewer calls is first."""
        proto_service, method = self.proto_service or "", self.method or ""
        return (not proto_service, not method, -len(self.headers), proto_service, method, self.headers)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What routes to a service are made from.

    Args:
        service: The name of the service.
        grpc_services: The proto services that go to it, whatever name the client dials.
        hosts: The names that lead to it alone, or to the services that share them.
        own_name: A name that no other service may have; None if it has none.
        sends_to: The services that its policy sends some of its calls to.

    """

    service: str
    grpc_services: Sequence[str] = ()
    hosts: Sequence[str] = ()
    own_name: str | None = None
    sends_to: Sequence[str] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names that lead to the service, in lower case, each once."""
        own = [self.own_name] if self.own_name else []
        return tuple(dict.fromkeys(name.lower() for name in (*self.hosts, *own)))


def routes(claims: Sequence[Claim]) -> tuple[Route, ...]:
    """Return the routes of `claims`.

    A host of one service gets it every call, so that health checks and reflection of each service work. Where
    services share a host, and for every other name, the proto service decides.
    """
    sharing: defaultdict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        for name in claim.names:
            sharing[name].append(claim)
    by_host = [
        Route(service=claim.service, host=host, proto_service=proto_service)
        for host, owners in sharing.items()
        for claim in owners
        for proto_service in (claim.grpc_services if len(owners) > 1 else [None])
    ]
    alone: list[str | None] = [None] if len(claims) == 1 else []
    by_any_other_name = [
        Route(service=claim.service, proto_service=proto_service)
        for claim in claims
        for proto_service in (claim.grpc_services or alone)
    ]
    return (*by_any_other_name, *by_host)


class RoutingError(ValueError):
    """The services cannot share one listener."""


Problem = tuple[str, KeyPath, str]
"""
The name of a service, empty if the problem concerns no single one; the path of one of its settings; what is
wrong and what to give instead.
"""


def routing_problems(claims: Sequence[Claim]) -> Iterator[Problem]:
    """Yield why services with these claims cannot share a listener."""
    if not claims:
        yield "", (), "there is no service to route to; give at least one"
    names: set[str] = set()
    reached = {name for claim in claims for name in claim.sends_to}
    for claim in claims:
        if claim.service in names:
            yield claim.service, (), "two services have this name; give each its own name"
        if claim.service in OWN_CLUSTERS:
            yield claim.service, (), "the proxy has an internal cluster of this name; give another name"
        names.add(claim.service)
        listed = claim.grpc_services or claim.hosts or claim.service in reached
        if not listed and len(claims) > 1:
            yield (
                claim.service,
                ("grpc_services",),
                (
                    "missing, although the proxy has several services; list the proto services to route "
                    "here, or give the service hosts"
                ),
            )
    yield from _ambiguous_calls(claims)
    yield from _shared_hosts(claims)


def _ambiguous_calls(claims: Sequence[Claim]) -> Iterator[Problem]:
    """Yield where calls by any other name than a host would have two services to go to."""
    owners: dict[str, str] = {}
    for claim in claims:
        for index, proto_service in enumerate(claim.grpc_services):
            if proto_service in owners:
                yield (
                    claim.service,
                    ("grpc_services", index),
                    (
                        f"{proto_service} is already routed to {owners[proto_service]}; remove one of the "
                        "two: who dials a service's own name or one of its hosts reaches all of its proto "
                        "services"
                    ),
                )
            owners.setdefault(proto_service, claim.service)


def _shared_hosts(claims: Sequence[Claim]) -> Iterator[Problem]:
    own_names = {claim.own_name.lower(): claim for claim in claims if claim.own_name}
    owners: dict[str, Claim] = {}
    for claim in claims:
        for index, host in enumerate(map(str.lower, claim.hosts)):
            path = ("hosts", index)
            owner, first = own_names.get(host, claim), owners.setdefault(host, claim)
            if owner is not claim:
                yield claim.service, path, f"{host} is the service {owner.service}'s own name; give another"
            elif first is claim and host in map(str.lower, claim.hosts[:index]):
                yield claim.service, path, f"{host} is given twice; remove one"
            elif first is not claim and not (first.grpc_services and claim.grpc_services):
                yield (
                    claim.service,
                    path,
                    (
                        f"{host} is a host of {first.service}, too; remove one of the two, or list "
                        "grpc_services in both: on a shared host the proto service decides"
                    ),
                )


def check_routing(claims: Sequence[Claim]) -> None:
    """Check that each call goes to exactly one service.

    Raises:
        RoutingError: A call would go to no service or to two. The message has a line for each mistake.

    """
    lines = [
        ": ".join(part for part in (name, dotted(path), message) if part)
        for name, path, message in routing_problems(claims)
    ]
    if lines:
        raise RoutingError("\n".join(lines))
