"""Listeners, virtual hosts and routes: which calls go to which cluster."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ecs_envoy.importing.envoy.header_match import header_of
from ecs_envoy.importing.envoy.route_policy import route_policy
from ecs_envoy.importing.found import Found, FoundRoute, Policy, Target
from ecs_envoy.importing.part import Part

_PREFIX = re.compile(r"/([A-Za-z_][\w.]*)/")
_METHOD = re.compile(r"/([A-Za-z_][\w.]*)/([A-Za-z_]\w*)")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A route of a bootstrap with its virtual host, and what it matches."""

    part: Part
    host: Part
    place: str
    listener_policy: Policy


def clusters_of(entry: Entry) -> list[tuple[str, float]]:
    """Return the clusters that a route sends calls to, with their weights."""
    action = entry.part["route"]
    if (name := action.text("cluster")) is not None:
        return [(name, 1)]
    return [(one.needed("name"), _weight(one)) for one in action["weighted_clusters"].parts("clusters")]


def _weight(cluster: Part) -> float:
    wrapped = isinstance(cluster.values.get("weight"), dict)
    weight = cluster["weight"].number("value") if wrapped else cluster.number("weight")
    return max(weight or 0, 0)


def mirrors_of(entry: Entry) -> list[str]:
    """Return the clusters that get copies of a route's calls."""
    return [
        name for one in entry.part["route"].parts("request_mirror_policies") if (name := one.text("cluster"))
    ]


def is_grpc(entry: Entry, found: Found) -> bool:
    """Return whether a route can be carried over; note why if not."""
    match, action = entry.part["match"], entry.part["route"]
    for kind in ("redirect", "direct_response", "filter_action", "non_forwarding_action"):
        if entry.part.has(kind):
            found.note(entry.place, f"it is a {kind} and goes to no cluster", "it is left out")
            return False
    for kind in ("safe_regex", "path_separated_prefix", "path_match_policy", "connect_matcher"):
        if match.has(kind):
            cure = "write a route for each proto service or method"
            found.note(entry.place, f"it matches by {kind}", cure)
            return False
    path, prefix = match.text("path"), match.text("prefix")
    if (path and not _METHOD.fullmatch(path)) or (
        prefix not in (None, "/", "") and not _PREFIX.fullmatch(prefix)
    ):
        cure = "gRPC's paths are /learning.v1.Lessons/ and /learning.v1.Lessons/List"
        found.note(entry.place, f"{path or prefix} is no proto service and no method", cure)
        return False
    if not clusters_of(entry):
        found.note(entry.place, "it names no cluster", "it is left out")
        return False
    action.ignore("cluster", "weighted_clusters")
    return True


def read_route(entry: Entry, names: Mapping[str, str], found: Found) -> Iterator[FoundRoute]:
    """Yield a route in our words; none if its clusters are no services, or a header cannot be told."""
    part, match, action = entry.part, entry.part["match"], entry.part["route"]
    header, known = _header(match, entry.place, found)
    targets = tuple(
        Target(service=names[name], weight=weight) for name, weight in clusters_of(entry) if name in names
    )
    for name, _ in clusters_of(entry):
        if name not in names:
            found.note(entry.place, f"its cluster {name} is not in the file", "it is left out")
    if not known or not targets:
        return
    policy = {**entry.listener_policy, **route_policy(part, action, entry.host, names, entry.place, found)}
    _hashes(action, [target.service for target in targets], entry.place, found)
    path = match.text("path")
    method = _METHOD.fullmatch(path) if path else None
    whole = _PREFIX.fullmatch(match.text("prefix") or "")
    hosts = tuple(domain.partition(":")[0].lower() for domain in entry.host.texts("domains"))
    if any("*" in host and host != "*" for host in hosts):
        found.note(
            entry.place, "a domain with * has no counterpart", "list each name in hosts of the service"
        )
    plain = tuple(dict.fromkeys(host for host in hosts if "*" not in host))
    part.ignore("name", "decorator", "metadata", "tracing", "stat_prefix")
    match.ignore("grpc", "case_sensitive", "path", "prefix")
    for left in (*match.unread(), *action.unread()):
        found.note(f"{entry.place}: {left}", "has no counterpart", "look whether you need it")
    yield FoundRoute(
        place=entry.place,
        proto_service=method[1] if method else whole[1] if whole else None,
        method=method[2] if method else None,
        hosts=() if "*" in hosts else plain,
        header=header,
        targets=targets,
        policy=policy,
    )


def _header(match: Part, place: str, found: Found) -> tuple[dict[str, object] | None, bool]:
    """Return the header that a route needs, and whether the match can be told at all."""
    if match.has("runtime_fraction") or match.parts("query_parameters"):
        found.note(place, "it matches a share of calls or a query", "give percent to a canary")
        match.ignore("runtime_fraction")
        return None, False
    headers = [one for one in match.parts("headers") if one.needed("name") != "content-type"]
    if len(headers) > 1:
        found.note(place, "it matches several headers, and a canary has one", "match by one header")
        return None, False
    for one in headers:
        if (header := header_of(one)) is None:
            reason = f"it matches the header {one.needed('name')} by something else than its value"
            found.note(place, reason, "match a whole value, or any value")
            return None, False
        return header, True
    return None, True


def _hashes(action: Part, services: list[str], place: str, found: Found) -> None:
    for one in action.parts("hash_policy"):
        name = one["header"].text("header_name")
        one.ignore("terminal")
        for service in services:
            balancing = found.services[service].policy.get("load_balancing")
            if name is None:
                one.ignore(*one.values)
                found.note(f"{place}: hash_policy", "calls are told apart by one header", "see hash_header")
            elif isinstance(balancing, dict) and balancing.get("type") in ("ring_hash", "maglev"):  # pyright: ignore[reportUnknownMemberType]
                found.services[service].policy["load_balancing"] = {**balancing, "hash_header": name}  # pyright: ignore[reportUnknownArgumentType]
