"""The sidecar's settings: one JSON argument on the command line, as Envoy gets its bootstrap."""

import base64
import gzip
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import cast

NUMBER = (int, float)


class SettingsError(ValueError):
    """The settings are not valid; the message names the key and says what to give."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service whose endpoints the sidecar writes.

    Attributes:
        name: The name of Envoy's cluster, and of the folder of its file.
        cloud_map_service: Its name in its namespace; empty if ECS lists its tasks.
        namespace: The id of that namespace; empty for the proxy's own.
        ecs_cluster: The name of the ECS cluster that lists its tasks; empty if Cloud Map does.
        ecs_service: Its name in that cluster.
        port: The TCP port of instances without a port attribute.
        zone_aware: Whether Envoy prefers the tasks of its own zone.
        cloud_map_health: Whether Cloud Map's health decides which tasks are listed, because Envoy does not
            check them itself.
        health_check_port: The TCP port that Envoy checks; 0 for the one that gets calls.

    """

    name: str
    port: int
    cloud_map_service: str = ""
    namespace: str = ""
    ecs_cluster: str = ""
    ecs_service: str = ""
    zone_aware: bool = True
    cloud_map_health: bool = False
    health_check_port: int = 0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of the sidecar; times are in seconds.

    Attributes:
        namespace: The id of the Cloud Map namespace.
        proxy: The Cloud Map service that lists the tasks of this proxy.
        services: The services whose endpoints are written.
        folder: Where the files for Envoy go, one folder for each service.
        address: The IP address that the sidecar's HTTP server binds.
        port: The TCP port that it binds.
        xds: The `address:port` at which Envoy gets endpoints by a stream; empty if it reads files.
        admin: The `address:port` of Envoy's admin interface.
        interval: The time between two polls of a service, before jitter.
        first_answer_limit: How long Envoy's start may wait for the first answer about each service.
        empty_grace: Cloud Map has to list no instance for so long before that is accepted.
        fast_start: For how long after its start the sidecar asks about no service rarely. The other sidecars
            do not know it yet, so they cannot tell it what they hear.
        queue: The URL of the queue with ECS's events; empty if they do not set the pace.
        ecs_cluster: The name of the ECS cluster whose events those are.

    """

    namespace: str
    proxy: str
    services: tuple[Service, ...]
    folder: Path = Path("/endpoints")
    address: str = "0.0.0.0"  # noqa: S104  # a task has one interface, guarded by its security group
    port: int = 9902
    xds: str = ""
    admin: str = "127.0.0.1:9901"
    interval: float = 1.0
    first_answer_limit: float = 30.0
    empty_grace: float = 10.0
    fast_start: float = 120.0
    queue: str = ""
    ecs_cluster: str = ""


def parse(text: str) -> Settings:
    """Return the settings in `text`. Their `services` are a list, or the same list packed.

    Raises:
        SettingsError: It is not JSON, or a key is missing, unknown or has a value of the wrong type.

    """
    try:
        values = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"the settings are not JSON: {error}") from None
    block = _block("", values, {"namespace", "proxy", "services"}, Settings)
    services = block.pop("services")
    if isinstance(services, str):
        services = _unpacked(services)
    if not isinstance(services, list):
        raise SettingsError("services: not a list; give a list with an entry for each service")
    listed = cast("list[object]", services)
    found = [_service(f"services[{number}]", value) for number, value in enumerate(listed)]
    if len({service.name for service in found}) < len(found):
        raise SettingsError("services: two have the same name; give each a name of its own")
    for key, value in block.items():
        default = getattr(Settings, key, "")
        kind = NUMBER if isinstance(default, NUMBER) else str
        if not isinstance(value, kind) or isinstance(value, bool):
            expected = "a number" if kind is NUMBER else "a string"
            raise SettingsError(f"{key}: {value!r} is of the wrong type; give {expected}")
        if isinstance(value, NUMBER) and value <= 0:
            raise SettingsError(f"{key}: {value} is too small; give a number above 0")
    if bool(block.get("queue")) != bool(block.get("ecs_cluster")):
        raise SettingsError("queue and ecs_cluster: one is given without the other; give both or none")
    if "folder" in block:
        block["folder"] = Path(str(block["folder"]))
    return Settings(services=tuple(found), **block)  # pyright: ignore[reportArgumentType]


def _unpacked(text: str) -> object:
    """Return the list of services in `text`, which is JSON, packed by gzip and base64."""
    try:
        return json.loads(gzip.decompress(base64.b64decode(text, validate=True)))
    except (ValueError, EOFError, OSError) as error:
        raise SettingsError(f"services: a text that cannot be unpacked: {error}; give a list") from None


def _service(where: str, value: object) -> Service:
    block = _block(where, value, {"name", "port"}, Service)
    name, port = block["name"], block["port"]
    if not isinstance(name, str) or "/" in name or name.startswith("."):
        raise SettingsError(f"{where}.name: {name!r} is not a cluster's name; give one such as lessons")
    for key in ("cloud_map_service", "namespace", "ecs_cluster", "ecs_service"):
        if not isinstance(block.get(key, ""), str):
            raise SettingsError(f"{where}.{key}: {block[key]!r} is not a string; give a name")
    in_ecs = bool(block.get("ecs_cluster")), bool(block.get("ecs_service"))
    if bool(block.get("cloud_map_service")) == any(in_ecs) or any(in_ecs) != all(in_ecs):
        problem = "says not where its tasks are listed"
        raise SettingsError(f"{where}: {problem}; give cloud_map_service, or ecs_cluster and ecs_service")
    for key, number in (("port", port), ("health_check_port", block.get("health_check_port", 1))):
        if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= 65535:
            raise SettingsError(f"{where}.{key}: {number!r} is not a port; give a number from 1 to 65535")
    for key in ("zone_aware", "cloud_map_health"):
        if not isinstance(block.get(key, False), bool):
            raise SettingsError(f"{where}.{key}: {block[key]!r} is neither true nor false; give one of them")
    return Service(**block)  # pyright: ignore[reportArgumentType]


def _block(where: str, value: object, needed: set[str], model: type[Settings | Service]) -> dict[str, object]:
    prefix = f"{where}." if where else ""
    if not isinstance(value, dict):
        raise SettingsError(f"{where or 'the settings'}: not a JSON object; give keys and values")
    block = cast("dict[str, object]", value)
    known = {field.name for field in fields(model)}
    for key in sorted(needed - block.keys()):
        raise SettingsError(f"{prefix}{key}: missing; give a value")
    for key in sorted(block.keys() - known):
        raise SettingsError(f"{prefix}{key}: unknown key; give one of {', '.join(sorted(known))}")
    return dict(block)
