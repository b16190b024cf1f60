"""One of several proxies as a file of its own, which has `proxy` and only the services of that one."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.plans import proxy_clients
from ecs_envoy.configuration.proxies.addresses import address_variable
from ecs_envoy.configuration.proxies.views import is_routed
from ecs_envoy.settings.reach.proxy_client import is_service


def plain_values(values: Mapping[str, object], view: Configuration) -> dict[str, object]:
    """Return the content of a file with the proxy of `view` alone.

    Services of other proxies are left out. Those of them that may call this one become security groups that
    exist, so that the proxy keeps as many clients.

    Args:
        values: The content of the file with `proxies`.
        view: The view of one of them.

    """
    own: dict[str, Any] = {key: value for key, value in values.items() if key != "proxies"}
    for key in ("services", "existing_services"):
        own[key] = _routed(view, own.get(key) or {})
    clients = proxy_clients(view)
    for name, service in own["services"].items():
        own["services"][name] = _server(view, service, is_client=name in clients)
    if own.get("api"):
        own["api"] = _server(view, own["api"], is_client=True)
    rehearsal: dict[str, Any] = own.get("rehearsal") or {}
    commands: dict[str, object] = rehearsal.get("services") or {}
    if commands:
        kept = {name: block for name, block in commands.items() if name == "api" or is_routed(view, name)}
        own["rehearsal"] = {**rehearsal, "services": kept}
    return {**own, "proxy": _proxy(view, values)}


def _proxy(view: Configuration, values: Mapping[str, Any]) -> dict[str, object]:
    name = view.proxy.name
    others = {"services", "address_variable"}
    block = {key: value for key, value in values["proxies"][name].items() if key not in others}
    given = [
        client for client in view.proxy.clients if not (is_service(client) and not is_routed(view, client))
    ]
    foreign = [
        f"sg-{sha256(client.encode()).hexdigest()[:17]}"
        for client in proxy_clients(view)
        if client in view.services and not is_routed(view, client)
    ]
    return {"name": name, **block, "clients": [*given, *foreign]}


def _routed(view: Configuration, blocks: Mapping[str, Any]) -> dict[str, Any]:
    return {name: block for name, block in blocks.items() if is_routed(view, name)}


def _server(view: Configuration, block: Mapping[str, Any], *, is_client: bool) -> dict[str, Any]:
    """Return the block of a service or of the API, without its calls to services of other proxies."""
    kept = dict(block)
    if kept.get("calls") is not None:
        kept["calls"] = [name for name in kept["calls"] if is_routed(view, name)]
    return {**kept, "proxy_address_variable": address_variable(view)} if is_client else kept
