"""Compares two bootstraps, in lines such as `lessons / Search: timeout 3s → 1s`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.documents.envoy.calls import host_lines, method_names, order_lines, route_lines
from ecs_envoy.review.documents.envoy.grouping import Found, Place, grouped, together
from ecs_envoy.review.documents.envoy.parts import Fields, Parts, parts
from ecs_envoy.review.documents.envoy.words.clusters import CLUSTER
from ecs_envoy.review.documents.envoy.words.listeners import LISTENER
from ecs_envoy.review.documents.envoy.words.proxy import PROXY
from ecs_envoy.review.documents.envoy.words.routes import ROUTE
from ecs_envoy.review.documents.trees.rules import Rule
from ecs_envoy.review.documents.trees.wording import compared


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What differs between two bootstraps.

    Attributes:
        lines: What rules word.
        diff: What no rule words, as a diff of each resource; empty if nothing is left.

    """

    lines: tuple[str, ...]
    diff: str


def bootstrap_difference(old: Mapping[str, object], new: Mapping[str, object]) -> Difference:
    """Return what differs between two bootstraps, whatever the order of what has none."""
    before, after = parts(old), parts(new)
    lines: list[str] = [*_services(before, after), *host_lines(before, after), *route_lines(before, after)]
    diffs: list[str] = []
    for kind in _kinds(before, after):
        more, diff = kind.compared()
        lines += more
        diffs += diff
    lines += order_lines(before, after)
    return Difference(lines=tuple(lines), diff="\n".join(diffs))


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """Resources of one kind that both sides have.

    Attributes:
        pairs: Each of them before and after, with what it is called.
        rules: The rules for them.
        every: What all of them are called; where this word holds, `everywhere` says which they are.
        what: What one of them is called above a diff.

    """

    pairs: Sequence[tuple[Place, Fields, Fields]]
    rules: Sequence[Rule]
    every: str
    everywhere: Sequence[Place]
    what: str

    def compared(self) -> tuple[list[str], list[str]]:
        """Return the lines, and the diffs."""
        words: list[Found] = []
        left: list[Found] = []
        for place, old, new in self.pairs:
            result = compared(dict[str, Json](old), dict[str, Json](new), self.rules)
            words += [Found(place=place, text=text) for text in together(result.texts)]
            if result.diff:
                left.append(Found(place=place, text=result.diff))
        return (
            [f"{subject}: {text}" for subject, text in self._said(words)],
            [f"@@ {self._heading(subject)} @@\n{text}" for subject, text in self._said(left)],
        )

    def _said(self, found: Iterable[Found]) -> list[tuple[str, str]]:
        return [
            # A listener and the proxy are known by what they are.
            (subject if self.what else subject.replace("`", ""), text)
            for subject, text in grouped(found, self.everywhere, self.every)
        ]

    def _heading(self, subject: str) -> str:
        name = subject.replace("`", "")
        return name if name == self.every or not self.what else f"{self.what} {name}"


def _kinds(before: Parts, after: Parts) -> Iterator[_Kind]:
    routes, hosts = before.routes.keys() & after.routes.keys(), before.hosts.keys() & after.hosts.keys()
    names = method_names(before, after)
    # Of a route that leads elsewhere now, a reader knows where it led before.
    of_routes = {
        key: Place(group=before.routes[key].service or key[0], name=names[key]) for key in sorted(routes)
    }
    yield _Kind(
        pairs=[(place, before.routes[k].fields, after.routes[k].fields) for k, place in of_routes.items()],
        rules=ROUTE,
        every="every route",
        everywhere=list(of_routes.values()),
        what="route",
    )
    of_hosts = {name: Place(group=name, name=name) for name in sorted(hosts)}
    yield _Kind(
        pairs=[(place, before.hosts[k], after.hosts[k]) for k, place in of_hosts.items()],
        rules=ROUTE,
        every="every host",
        everywhere=list(of_hosts.values()),
        what="host",
    )
    clusters = sorted(before.clusters.keys() & after.clusters.keys())
    yield _Kind(
        pairs=[(_place(name), before.clusters[name], after.clusters[name]) for name in clusters],
        rules=CLUSTER,
        every="every service",
        everywhere=[_place(name) for name in clusters if name in before.services & after.services],
        what="cluster",
    )
    listeners = sorted(before.listeners.keys() & after.listeners.keys())
    yield _Kind(
        pairs=[
            (_place(_listener(name, after)), before.listeners[name], after.listeners[name])
            for name in listeners
        ],
        rules=LISTENER,
        every="every listener",
        everywhere=[],
        what="",
    )
    yield _Kind(
        pairs=[(_place("the proxy"), before.proxy, after.proxy)],
        rules=PROXY,
        every="",
        everywhere=[],
        what="",
    )


def _place(name: str) -> Place:
    return Place(group=name, name=name)


def _listener(name: str, side: Parts) -> str:
    """Return what a listener is called: that of the calls, which comes first, needs no name."""
    return "listener" if name == next(iter(side.listeners)) else f"listener {name}"


def _services(before: Parts, after: Parts) -> Iterator[str]:
    """Yield a line for each cluster and listener that comes or goes."""
    for name in sorted(after.clusters.keys() - before.clusters.keys()):
        fields = after.clusters[name]
        what = "service" if name in after.services else "cluster"
        found = [f"discovered by {code(str(fields['discovery']))}"]
        match fields.get("health_check"):
            case {"kind": str(kind)}:
                found.append(f"health check {code(kind)}")
            case _:
                pass
        calls = _calls(name, after)
        yield f"{what} {code(name)} is new: {', '.join(found)}{f'; it gets {calls}' if calls else ''}"
    for name in sorted(before.clusters.keys() - after.clusters.keys()):
        what = "service" if name in before.services else "cluster"
        calls = _calls(name, before)
        yield f"{what} {code(name)} is gone{f'; it got {calls}' if calls else ''}"
    for name in sorted(after.listeners.keys() - before.listeners.keys()):
        yield f"listener {code(name)} added on {_ports(after.listeners[name])}"
    for name in sorted(before.listeners.keys() - after.listeners.keys()):
        yield f"listener {code(name)} removed from {_ports(before.listeners[name])}"


def _calls(name: str, side: Parts) -> str:
    """Return which calls a service gets: by which methods, and by which names of its own."""
    if name not in side.services:
        return ""
    own = [route for route in side.routes.values() if route.service == name]
    matches = sorted({route.match for route in own if route.match})
    hosts = sorted({route.host for route in own if not route.match})
    found = [", ".join(map(code, matches))] if matches else []
    return " and ".join([*found, *([f"all calls to {', '.join(map(code, hosts))}"] if hosts else [])])


def _ports(listener: Fields) -> str:
    ports = listener.get("ports")
    return ", ".join(code(str(port)) for port in ports) if isinstance(ports, list) else "no port"
