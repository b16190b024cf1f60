"""Writes a configuration file with comments, and makes sure that it is a good one."""

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import yaml

from ecs_envoy.configuration.checks import check
from ecs_envoy.importing.found import Found, label, printable
from ecs_envoy.importing.part import BadImportError
from envoy_config.settings_error import KeyPath, dotted

_NAMESPACE = "ns-00000000000000000"
_PLAIN = re.compile(r"[A-Za-z][\w.-]*(/(\w+|\*))?")
_Comments = dict[KeyPath, str]


def configuration_text(found: Found) -> str:
    """Return the configuration file for `found`, which `ecs-envoy validate` accepts.

    What the configuration does not allow, such as a percentage out of its bounds, is left out and noted.

    Raises:
        BadImportError: No service was found that the proxy can carry calls to.

    """
    if not found.services:
        raise BadImportError(
            "has no gRPC service that calls could go to; "
            + ("see above why" if found.notes else "give the file of one that has")
        )
    values, comments = _values(found)
    values = _allowed(found, values)
    lines = [
        "# yaml-language-server: $schema=schema.json",
        f"# {printable(found.source)}. FIXME marks what has to be filled in.",
        *_lines(values, comments, (), ""),
    ]
    return "\n".join(lines) + "\n"


def _values(found: Found) -> tuple[dict[str, object], _Comments]:
    values: dict[str, object] = {
        "environment": "imported",
        "region": found.region or "us-east-1",
        "account": found.account or "000000000000",
        "network": {"vpc_id": "vpc-00000000000000000"},
        "namespace": {"name": found.namespace or "fixme.local", "id": _NAMESPACE},
        "proxy": {"name": "grpc", **({"port": found.port} if found.port else {}), "clients": []},
    }
    comments: _Comments = {
        ("environment",): "FIXME: the name of the environment, such as prod",
        ("network", "vpc_id"): "FIXME: the VPC that the tasks are in",
        ("namespace", "id"): "FIXME: the id of the namespace, which exists",
        ("proxy", "clients"): "FIXME: who may call it: security groups, IPv4 blocks, services",
    }
    if not found.region:
        comments["region",] = "FIXME: the AWS region"
    if not found.account:
        comments["account",] = "FIXME: the AWS account"
    if not found.namespace:
        comments["namespace", "name"] = "FIXME: the name of a Cloud Map namespace; clients dial grpc.<name>"
    if found.policy:
        values["policy"] = found.policy
    services: dict[str, object] = {}
    for name in sorted(found.services):
        services[name] = _service(name, found)
        comments["existing_services", name] = found.services[name].origin
        for key, unknown in found.services[name].unknown.items():
            comments["existing_services", name, key] = f"FIXME: {unknown}"
        for pattern, places in found.services[name].places.items():
            more = ("methods", pattern) if pattern else ()
            comments["existing_services", name, "policy", *more] = places
        if "hosts" in found.services[name].unknown:
            comments["existing_services", name, "hosts"] = f"FIXME: {found.services[name].unknown['hosts']}"
        _idempotent(comments, ("existing_services", name), services[name])
    values["existing_services"] = services
    return copy.deepcopy(values), comments


def _service(name: str, found: Found) -> dict[str, object]:
    service, alone = found.services[name], len(found.services) == 1
    values = dict(service.location)
    if service.grpc_services:
        values["grpc_services"] = list(dict.fromkeys(service.grpc_services))
    hosts = list(dict.fromkeys(service.hosts))
    if not (service.grpc_services or alone):
        service.unknown["hosts"] = "list its proto services in grpc_services, unless clients dial this name"
        hosts = hosts or [_free_host(name, found)]
    if hosts and not alone:
        values["hosts"] = hosts
    policy = {**service.policy, **({"methods": service.methods} if service.methods else {})}
    if policy:
        values["policy"] = policy
    return values


def _free_host(name: str, found: Found) -> str:
    """Return a name that no client dials, for a service that only canaries and mirrors send calls to."""
    taken = {host for service in found.services.values() for host in service.hosts}
    taken |= {host for route in found.routes for host in route.hosts}
    return f"{label(name, [host.partition('.')[0] for host in taken])}.{found.namespace or 'fixme.local'}"


def _idempotent(comments: _Comments, path: KeyPath, values: object) -> None:
    """Comment each `idempotent: true`: the import took it from retries, and only a person can know it."""
    if isinstance(values, dict):
        for key, value in cast("dict[str, object]", values).items():
            if key == "idempotent" and value is True:
                comments[*path, key] = (
                    "FIXME: these calls were repeated so far; true only if one may run twice"
                )
            _idempotent(comments, (*path, key), value)


def _allowed(found: Found, values: dict[str, object]) -> dict[str, object]:
    """Return `values` without what the configuration refuses."""
    for _ in range(200):
        _, findings = check(values)
        if not findings:
            return values
        taken: set[KeyPath] = set()
        for path, message in findings:
            place = _existing(values, path)
            if len(place) < 2 or place in taken:
                continue
            taken.add(place)
            _remove(values, place)
            found.note(dotted(path), message, "it was left out here")
        if not taken or not values["existing_services"]:
            break
    _, findings = check(values)
    path, message = findings[0] if findings else (("existing_services",), "no service is left")
    raise BadImportError(f"cannot become a configuration: {dotted(path)}: {message}")


def _existing(values: Mapping[str, object], path: KeyPath) -> KeyPath:
    """Return the part of `path` that is in `values`."""
    value: object = values
    for number, key in enumerate(path):
        if isinstance(value, dict) and key in value:
            value = cast("dict[object, object]", value)[key]
        elif isinstance(value, list) and isinstance(key, int) and key < len(cast("list[object]", value)):
            value = cast("list[object]", value)[key]
        else:
            return path[:number]
    return path


def _remove(values: dict[str, object], path: KeyPath) -> None:
    holder: object = values
    for key in path[:-1]:
        if not isinstance(holder, dict | list) or (isinstance(holder, dict) and key not in holder):
            return
        holder = holder[key]  # type: ignore[index]  # pyright: ignore
    if isinstance(holder, dict):
        cast("dict[object, object]", holder).pop(path[-1], None)
    elif (
        isinstance(holder, list)
        and isinstance(path[-1], int)
        and path[-1] < len(cast("list[object]", holder))
    ):
        del holder[path[-1]]


def _lines(value: object, comments: _Comments, path: KeyPath, indent: str) -> Iterator[str]:
    """Yield the lines of a mapping."""
    for key, part in cast("dict[str, object]", value).items():
        here = (*path, key)
        comment = f" # {printable(comments[here])}" if here in comments else ""
        if not path and isinstance(part, dict):
            yield ""
        if isinstance(part, dict) and part:
            yield f"{indent}{_key(key)}:{comment}"
            yield from _lines(cast("object", part), comments, here, f"{indent}  ")
        else:
            yield f"{indent}{_key(key)}: {_line(cast('object', part))}{comment}"


def _flow(value: Any) -> str:  # noqa: ANN401  # any value of YAML
    if isinstance(value, list):
        return f"[{', '.join(_flow(part) for part in cast('list[object]', value))}]"
    if isinstance(value, dict):
        parts = (f"{_key(key)}: {_flow(part)}" for key, part in cast("dict[str, object]", value).items())
        return f"{{{', '.join(parts)}}}"
    return _scalar(value)


def _key(key: str) -> str:
    """Return `key`, without quotes where the configuration's reader needs none: it takes `on` as a name."""
    return key if _PLAIN.fullmatch(key) else _scalar(key)


def _scalar(value: object) -> str:
    # As the only item of a list, so that a text that starts with a bracket gets quotes.
    return yaml.safe_dump([value], width=10**6, default_flow_style=True, allow_unicode=True).strip()[1:-1]


def _line(value: object) -> str:
    """Return `value` as it stands alone on a line, where an address needs no quotes."""
    if isinstance(value, list | dict):
        return _flow(value)
    text = yaml.safe_dump(value, width=10**6, default_flow_style=True, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")
