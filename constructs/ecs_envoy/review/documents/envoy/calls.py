"""Which calls go where: hosts and routes that come or go."""

from collections.abc import Iterator, Mapping, Sequence

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.documents.envoy.grouping import Found, Place, grouped
from ecs_envoy.review.documents.envoy.parts import Parts, Route
from ecs_envoy.review.documents.trees.rules import items


def method_names(before: Parts, after: Parts) -> dict[tuple[str, str], str]:
    """Return what each route is called in a line: `lessons / Search`, where that is one method alone."""
    found = {**after.routes, **before.routes}
    short: dict[tuple[str, str], set[str]] = {}
    for route in found.values():
        short.setdefault((route.service, _method(route.match)), set()).add(route.match)
    return {
        key: _called(
            route, _method(route.match) if len(short[route.service, _method(route.match)]) == 1 else ""
        )
        for key, route in found.items()
    }


def _method(match: str) -> str:
    path = match.partition(" ")[0]
    return match if path.endswith("*") else match.removeprefix(path.rpartition("/")[0] + "/")


def _called(route: Route, method: str) -> str:
    within = (method or route.match).removesuffix("/*")
    return f"{route.service or route.host} / {within}" if within else route.service or route.host


def host_lines(before: Parts, after: Parts) -> list[str]:
    """Return a line for each service that has other names than before."""
    both = sorted(before.services & after.services)
    say = items("host", "hosts")
    found = [
        Found(place=Place(group=name, name=name), text=text)
        for name in both
        if (text := say([*before.hosts_of(name)], [*after.hosts_of(name)]))
    ]
    everywhere = [Place(group=name, name=name) for name in both if after.hosts_of(name)]
    return [f"{subject}: {text}" for subject, text in grouped(found, everywhere, "every service")]


def route_lines(before: Parts, after: Parts) -> Iterator[str]:
    """Yield a line for each service that gets other calls by a name that it had before."""
    say = items("route", "routes", lambda match: str(match) or "all calls")
    found: dict[str, dict[str, list[str]]] = {}
    for service in sorted(before.services & after.services):
        for host in sorted(set(before.hosts_of(service)) & set(after.hosts_of(service))):
            old, new = _matches(service, host, before), _matches(service, host, after)
            # A route that is on both sides goes elsewhere: the rules for routes say so.
            gained = [match for match in new if match not in old and (host, str(match)) not in before.routes]
            lost = [match for match in old if match not in new and (host, str(match)) not in after.routes]
            if text := say(lost, gained):
                found.setdefault(service, {}).setdefault(text, []).append(host)
    for service, texts in found.items():
        for text, hosts in texts.items():
            where = "" if "*" in hosts else f" by {', '.join(map(code, hosts))}"
            yield f"{code(service)}: {text}{where}"


def _matches(service: str, host: str, side: Parts) -> list[Json]:
    return [r.match for r in side.routes.values() if (r.host, r.service) == (host, service)]


def order_lines(before: Parts, after: Parts) -> Iterator[str]:
    """Yield a line for each order that differs and has a meaning: that of routes, and of filters."""
    hosts = [
        host
        for host in sorted(before.hosts.keys() & after.hosts.keys())
        if _reordered(_routes(host, before), _routes(host, after))
    ]
    if hosts:
        yield f"{', '.join(map(code, hosts))}: its routes are tried in another order"
    for name in sorted(before.filters.keys() & after.filters.keys()):
        old, new = before.filters[name], after.filters[name]
        if [item for item in old if item in new] != [item for item in new if item in old]:
            yield f"listener {code(name)}: its filters run in another order"


def _routes(host: str, side: Parts) -> Mapping[str, str]:
    return {r.match: r.service for r in side.routes.values() if r.host == host}


def _reordered(old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    """Return whether two routes that match the same calls have changed their places."""
    before: Sequence[str] = [match for match in old if match in new]
    place = {match: number for number, match in enumerate(m for m in new if m in old)}
    return any(
        place[first] > place[second] and _overlap(first, second)
        for number, first in enumerate(before)
        for second in before[number + 1 :]
    )


def _overlap(one: str, other: str) -> bool:
    """Return whether a call may match both; two different paths have none in common."""
    first, second = _path(one), _path(other)
    return (
        first == second
        or (first.endswith("*") and second.startswith(first[:-1]))
        or (second.endswith("*") and first.startswith(second[:-1]))
    )


def _path(match: str) -> str:
    """Return the path of a match, whose end may be `*`."""
    return "*" if not match or match.startswith("if ") else match.partition(" ")[0]
