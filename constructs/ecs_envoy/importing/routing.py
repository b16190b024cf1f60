"""Turns routes into the keys of services: proto services, hosts, policies of methods, canaries."""

from collections.abc import Sequence
from typing import cast

from ecs_envoy.importing.found import Found, FoundRoute, Policy, Target

_OFF: Policy = {"idempotent": False, "canary": [], "headers": {}}
"""What turns off a key of a service's policy in that of a method; `null` for all others."""

_RETRIES_OFF: Policy = {"on": [], "attempts": 6, "per_try_timeout": None}
_Calls = tuple[str | None, str | None, tuple[str, ...]]
_OfService = tuple[str | None, Policy, str]
"""A proto service, or None for all; the policy of its calls; and where that stands."""


def route_services(found: Found) -> None:
    """Give each service of `found` the calls and the policies that the routes of `found` have for it."""
    groups: dict[_Calls, list[FoundRoute]] = {}
    for route in found.routes:
        calls = (route.proto_service, route.method, () if route.proto_service else route.hosts)
        groups.setdefault(calls, []).append(route)
    owners: dict[str, str] = {}
    of_services: dict[str, list[_OfService]] = {}
    # First whole proto services, then single methods, which need to know the service of the others.
    for calls, routes in sorted(groups.items(), key=lambda group: group[0][1] is not None):
        proto_service, method, hosts = calls
        owner, policy = _merged(found, routes)
        places = ", ".join(dict.fromkeys(route.place for route in routes))
        if method is None:
            _own(found, owner, proto_service, hosts, routes[0])
            of_services.setdefault(owner, []).append((proto_service, policy, places))
            if proto_service:
                owners[proto_service] = owner
        elif proto_service:
            _method(found, owners, f"{proto_service}/{method}", owner, policy, places)
    for name, listed in of_services.items():
        _place(found, name, listed)
    for service in found.services.values():
        for pattern, policy in list(service.methods.items()):
            base = {**service.policy, **service.methods.get(f"{pattern.partition('/')[0]}/*", {})}
            service.methods[pattern] = _difference(policy, service.policy if pattern.endswith("/*") else base)
        service.methods = {pattern: policy for pattern, policy in service.methods.items() if policy}


def _merged(found: Found, routes: Sequence[FoundRoute]) -> tuple[str, Policy]:
    """Return the service that most calls of `routes` go to, and their policy with the canaries."""
    plain = [route for route in routes if route.header is None]
    for route in plain[1:]:
        if (route.targets, route.policy) == (plain[0].targets, plain[0].policy):
            continue
        found.note(
            route.place, "an earlier route has the same calls", "give it a method or a header of its own"
        )
    if not plain:
        found.note(
            routes[0].place,
            "calls without its header have no route",
            "here they go where those with it go; give such calls a service of their own",
        )
    first = plain[0] if plain else routes[0]
    owner = max(first.targets, key=lambda target: target.weight).service
    canaries = _shares(found, owner, first.targets, first.place)
    for route in routes:
        if route.header is None or route is first:
            continue
        to = max(route.targets, key=lambda target: target.weight).service
        if to == owner or len(route.targets) > 1:
            cure = "give the calls with the header a service of their own, and canary: {to: ..., header: ...}"
            found.note(
                route.place, "a header may choose one other service, not another policy or a share", cure
            )
        if to != owner and {"to": to, "header": route.header} not in canaries:
            canaries.insert(0, {"to": to, "header": route.header})
    return owner, {**first.policy, **({"canary": canaries} if canaries else {})}


def _shares(found: Found, owner: str, targets: Sequence[Target], place: str) -> list[Policy]:
    total = sum(target.weight for target in targets)
    shares: dict[str, float] = {}
    for target in targets:
        if target.service != owner:
            shares[target.service] = shares.get(target.service, 0) + target.weight
    for service, weight in shares.items():
        if not weight:
            found.note(
                f"{place}: {service}", "its weight is 0", "it gets no calls; give a canary to send it some"
            )
    return [
        {"to": service, "percent": _percent(100 * weight / total)}
        for service, weight in shares.items()
        if weight
    ]


def _percent(share: float) -> float:
    rounded = round(share, 4)
    return int(rounded) if rounded.is_integer() else rounded


def _own(
    found: Found, owner: str, proto_service: str | None, hosts: tuple[str, ...], route: FoundRoute
) -> None:
    """Give `owner` all calls of a proto service, those by some names, or all that no other service has."""
    service = found.services[owner]
    if proto_service:
        service.grpc_services.append(proto_service)
    elif hosts:
        service.hosts += [host for host in hosts if host not in service.hosts]
    elif len(found.services) > 1:
        found.note(
            route.place,
            f"it gets all calls that no other route has, and {owner} only those that are listed",
            f"list the proto services of {owner} in existing_services.{owner}.grpc_services",
        )


def _method(
    found: Found, owners: dict[str, str], pattern: str, owner: str, policy: Policy, places: str
) -> None:
    proto_service = pattern.partition("/")[0]
    if proto_service not in owners:
        owners[proto_service] = owner
        found.services[owner].grpc_services.append(proto_service)
        found.note(
            f"{proto_service}: its other methods",
            "only single methods have a route",
            f"here {owner} gets all calls of {proto_service}; it answers UNIMPLEMENTED to others",
        )
    if owners[proto_service] != owner:
        policy = {**policy, "canary": [{"to": owner, "percent": 100}]}
    found.services[owners[proto_service]].methods[pattern] = policy
    found.services[owners[proto_service]].places[pattern] = places


def _place(found: Found, name: str, listed: list[_OfService]) -> None:
    """Put the policies of the calls of a service where they hold: on it, or on its proto services."""
    service = found.services[name]
    first = listed[0][1]
    if all(policy == first for _, policy, _ in listed):
        service.policy = stricter(service.policy, first)
        service.places[""] = ", ".join(places for _, _, places in listed)
        return
    for proto_service, policy, places in listed:
        if proto_service:
            service.methods[f"{proto_service}/*"] = policy
            service.places[f"{proto_service}/*"] = places
        else:
            service.policy = stricter(service.policy, policy)
            service.places[""] = places


def stricter(node: Policy, route: Policy) -> Policy:
    """Return `node` with what `route` has; of two times the shorter one, since both used to hold."""
    merged = {**node, **route}
    for key in ("timeout", "idle_timeout"):
        if isinstance(one := node.get(key), str) and isinstance(other := route.get(key), str):
            merged[key] = min(one, other, key=_milliseconds)
    return merged


def _milliseconds(time: str) -> int:
    for unit, size in (("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)):
        if time.removesuffix(unit).isdigit():
            return int(time.removesuffix(unit)) * size
    raise ValueError(time)  # unreachable: `time_text` wrote it


def _difference(policy: Policy, base: Policy) -> Policy:
    """Return what makes `base` to `policy`: routes inherit nothing from each other, methods do."""
    changed: Policy = {
        key: value for key, value in policy.items() if base.get(key) != value or key not in base
    }
    for key in sorted(base.keys() - policy.keys()):
        if key == "retries":
            before = cast("Policy", base[key])
            changed[key] = {name: value for name, value in _RETRIES_OFF.items() if name in before}
        elif key in _OF_CALLS:
            changed[key] = _OFF.get(key)
    mine, theirs = policy.get("retries"), base.get("retries")
    if isinstance(mine, dict) and isinstance(theirs, dict) and mine != theirs:
        missing = {key: value for key, value in _RETRIES_OFF.items() if key in theirs and key not in mine}
        changed["retries"] = {**missing, **cast("Policy", mine)}
    return changed


_OF_CALLS = frozenset(
    (
        "idempotent",
        "timeout",
        "idle_timeout",
        "max_stream_duration",
        "hedging",
        "rate_limit",
        "canary",
        "mirror",
        "fault",
    )
)
"""The keys of a policy that a route has; the others are of the whole service."""
