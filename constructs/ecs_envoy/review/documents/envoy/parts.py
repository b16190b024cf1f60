"""Takes a bootstrap apart: its clusters, listeners, hosts and routes, each by its name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.documents.envoy.plain import plain
from ecs_envoy.review.documents.envoy.simplified import (
    match_text,
    simple_cluster,
    simple_listener,
    simple_route,
    target_service,
)

Fields = dict[str, Json]

_EXTENSIONS = "typed_per_filter_config"
OVERRIDDEN = (
    "retry_policy",
    "hedge_policy",
    "request_body_buffer_limit",
    "request_mirror_policies",
    _EXTENSIONS,
)
"""
What a virtual host says for those of its routes that do not say it themselves (Envoy's reference,
`config.route.v3.VirtualHost`). So only what holds for a route is compared, wherever it stands.
"""


@dataclass(frozen=True, kw_only=True)
class Route:
    """A route.

    Attributes:
        host: The name that clients dial, or `*`.
        match: Which calls, such as `learning.v1.Lessons/Search`; empty for all of them.
        service: The cluster that they go to, without its version; empty for one that leads to none.
        fields: What the route says, without its match.

    """

    host: str
    match: str
    service: str
    fields: Fields


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A bootstrap, taken apart.

    Attributes:
        clusters: The clusters by name.
        listeners: The listeners by name, without their hosts.
        hosts: What is said of each name that clients dial, without its routes.
        routes: The routes by host and match, in their order.
        filters: The filters of each listener, in their order.
        proxy: All the rest.

    """

    clusters: Mapping[str, Fields] = field(default_factory=dict[str, Fields])
    listeners: Mapping[str, Fields] = field(default_factory=dict[str, Fields])
    hosts: Mapping[str, Fields] = field(default_factory=dict[str, Fields])
    routes: Mapping[tuple[str, str], Route] = field(default_factory=dict[tuple[str, str], Route])
    filters: Mapping[str, list[str]] = field(default_factory=dict[str, list[str]])
    proxy: Fields = field(default_factory=dict[str, Json])

    @property
    def services(self) -> set[str]:
        """The clusters that stand for services: not those of fixed addresses, such as the admin interface's.

        All of them if none has another kind of addresses.
        """
        found = {name for name, fields in self.clusters.items() if fields.get("discovery") != "STATIC"}
        return found or set(self.clusters)

    def hosts_of(self, service: str) -> list[str]:
        """Return the names whose calls, or some of them, go to a service."""
        return sorted({route.host for route in self.routes.values() if route.service == service})


def parts(bootstrap: Mapping[str, object]) -> Parts:
    """Return a bootstrap, taken apart."""
    values = _fields(plain(bootstrap))
    static = _fields(values.pop("static_resources", None))
    hosts: dict[str, Fields] = {}
    routes: dict[tuple[str, str], Route] = {}
    listeners: dict[str, Fields] = {}
    named = list(_named(static.pop("listeners", None)))
    for name, listener in named:
        for virtual_host in _virtual_hosts(listener):
            # Two listeners may serve the same name; the first one is that of the calls.
            place = "" if not listeners else f" on {name}"
            _add_host(virtual_host, place, hosts, routes)
        listeners[name] = simple_listener(listener)
    return Parts(
        clusters={name: simple_cluster(value) for name, value in _named(static.pop("clusters", None))},
        listeners=listeners,
        filters={name: list(_filters(listener)) for name, listener in named},
        hosts=hosts,
        routes=routes,
        proxy={**values, **static},
    )


def _fields(value: Json) -> Fields:
    return dict(value) if isinstance(value, dict) else {}


def _items(value: Json) -> list[Fields]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _named(value: Json) -> Iterator[tuple[str, Fields]]:
    for number, item in enumerate(_items(value), start=1):
        yield str(item.get("name", f"number {number}")), item


def _virtual_hosts(value: Json) -> Iterator[Fields]:
    """Yield the virtual hosts within a listener, and take them out of it."""
    match value:
        case dict():
            yield from _items(value.pop("virtual_hosts", None))
            for item in value.values():
                yield from _virtual_hosts(item)
        case list():
            for item in value:
                yield from _virtual_hosts(item)
        case _:
            pass


def _filters(value: Json) -> Iterator[str]:
    """Yield the names of the filters within a listener."""
    match value:
        case dict():
            for key, item in value.items():
                if key in {"filters", "http_filters"}:
                    # An access log has filters, too, but those have no names.
                    yield from (str(found["name"]) for found in _items(item) if "name" in found)
                yield from _filters(item)
        case list():
            for item in value:
                yield from _filters(item)
        case _:
            pass


def _add_host(
    virtual_host: Fields, place: str, hosts: dict[str, Fields], routes: dict[tuple[str, str], Route]
) -> None:
    own = {k: v for k, v in virtual_host.items() if k not in {"name", "domains", "routes", *OVERRIDDEN}}
    usual = {k: v for k, v in virtual_host.items() if k in OVERRIDDEN}
    domains = virtual_host.get("domains")
    for domain in domains if isinstance(domains, list) else ["*"]:
        host = f"{domain}{place}"
        hosts[host] = own
        for fields in _items(virtual_host.get("routes")):
            match = match_text(_fields(fields.get("match")))
            # A second route for the same calls gets none, and yet it is there.
            while (host, match) in routes:
                match += " (again)"
            found = {**usual, **simple_route(fields)}
            if extensions := {**_fields(usual.get(_EXTENSIONS)), **_fields(found.get(_EXTENSIONS))}:
                found[_EXTENSIONS] = extensions
            routes[host, match] = Route(host=host, match=match, service=target_service(found), fields=found)
