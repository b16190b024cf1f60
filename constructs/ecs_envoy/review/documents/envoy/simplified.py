"""Puts into one field what Envoy spreads over several, so that one rule can word it."""

import json
from collections.abc import Mapping

from ecs_envoy.review.assembly.json_value import Json

Fields = dict[str, Json]

_HTTP2_HELLO = b"PRI * HTTP/2.0".hex()
_DISCOVERY_FIELDS = ("type", "cluster_type", "eds_cluster_config", "load_assignment")
_ANY = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on


def simple_cluster(cluster: Mapping[str, Json]) -> Fields:
    """Return a cluster with `discovery`, `addresses` and `health_check` in place of many fields."""
    fields = {k: v for k, v in cluster.items() if k not in (*_DISCOVERY_FIELDS, "health_checks", "name")}
    fields["discovery"] = _discovery(cluster)
    if found := _addresses(cluster.get("load_assignment")):
        fields["addresses"] = list[Json](found)
    match cluster.get("eds_cluster_config"):
        case {"eds_config": {"ads": dict()}}:
            fields["endpoints"] = "by a stream"
        case {"eds_config": {"path_config_source": dict()}}:
            fields["endpoints"] = "in files"
        case _:
            pass
    for key in ("cluster_type", "eds_cluster_config"):
        match cluster.get(key):
            case dict() as settings if left := {
                k: v for k, v in settings.items() if k not in {"name", "@type"}
            }:
                fields[f"{key} settings"] = left
            case _:
                pass
    match cluster.get("health_checks"):
        case [dict() as check]:
            fields["health_check"] = _health_check(check)
        case None | []:
            pass
        case several:
            fields["health_checks"] = several
    match cluster.get("circuit_breakers"):
        case {"thresholds": [dict() as only], **rest} if only.get("priority", "DEFAULT") == "DEFAULT":
            fields["circuit_breakers"] = {**only, **rest}
        case _:
            pass
    match cluster.get("load_balancing_policy"):
        case {"policies": [{"typed_extension_config": {"name": str(name), **settings}}]}:
            fields["lb_policy"] = name.rpartition(".")[2].upper()
            if "locality_weighted_lb_config" in json.dumps(settings):
                common = fields.get("common_lb_config")
                known = common if isinstance(common, dict) else {}
                # It is in either of two places.
                fields["common_lb_config"] = {**known, "locality_weighted_lb_config": {}}
        case _:
            pass
    return fields


def _discovery(cluster: Mapping[str, Json]) -> str:
    match cluster.get("cluster_type"):
        case {"name": "envoy.clusters.dns", "all_addresses_in_single_endpoint": True}:
            return "LOGICAL_DNS"
        case {"name": "envoy.clusters.dns"}:
            return "STRICT_DNS"
        case {"name": str(name)}:
            return name
        case _:
            return str(cluster.get("type", "STATIC"))


def _addresses(assignment: Json) -> list[str]:
    """Return each address and port within a load assignment."""
    match assignment:
        case {"socket_address": dict() as address}:
            return [_address(address)]
        case dict():
            return [found for item in assignment.values() for found in _addresses(item)]
        case list():
            return [found for item in assignment for found in _addresses(item)]
        case _:
            return []


def _address(address: Mapping[str, Json]) -> str:
    port = address.get("port_value", address.get("named_port", ""))
    host = address.get("address", "")
    return str(port) if host in _ANY else f"{host}:{port}"


def _health_check(check: Mapping[str, Json]) -> Fields:
    kinds = [key for key in check if key.endswith("_health_check")]
    fields = {key: item for key, item in check.items() if key not in kinds}
    for key in kinds:
        kind, details = key.removesuffix("_health_check"), check[key]
        if kind == "tcp" and _HTTP2_HELLO in json.dumps(details):
            kind, details = "http2", None
        fields["kind"] = kind
        if isinstance(details, dict):
            fields |= {f"{kind} {name}": item for name, item in details.items()}
    return fields


def simple_listener(listener: Mapping[str, Json]) -> Fields:
    """Return a listener with `ports` in place of its addresses, and without a level for a sole chain."""
    fields = {k: v for k, v in listener.items() if k not in {"name", "address", "additional_addresses"}}
    fields["ports"] = list[Json](
        _addresses([listener.get("address"), listener.get("additional_addresses", [])])
    )
    match fields.get("filter_chains"):
        case [dict() as only]:
            fields |= {key: item for key, item in only.items() if key != "name"}
            del fields["filter_chains"]
        case _:
            pass
    return fields


def match_text(match: Mapping[str, Json]) -> str:
    """Return which calls a route matches, such as `learning.v1.Lessons/*`; empty for all of them."""
    conditions = [_condition(item) for item in _list(match.get("headers"))]
    rest = {k: v for k, v in match.items() if k not in {"headers", "path", "prefix", "grpc"}}
    conditions += [f"{key} {json.dumps(item, sort_keys=True)}" for key, item in sorted(rest.items())]
    match match:
        case {"path": str(path)}:
            place = path.removeprefix("/")
        case {"prefix": str(prefix)} if prefix != "/":
            place = f"{prefix.removeprefix('/')}*"
        case _:
            place = ""
    return " ".join(filter(None, [place, f"if {' and '.join(sorted(conditions))}" if conditions else ""]))


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _condition(header: Json) -> str:
    match header:
        case {"name": str(name), "string_match": {"exact": exact}} if len(header) == 2:
            return f"{name} is {exact}"
        case _:
            return json.dumps(header, sort_keys=True)


def simple_route(route: Mapping[str, Json]) -> Fields:
    """Return a route with `target` in place of its clusters; what its action says stands at the top."""
    fields = {key: item for key, item in route.items() if key not in {"match", "name", "route"}}
    action = route.get("route")
    if not isinstance(action, dict):
        return {
            **fields,
            "target": next((key for key in ("redirect", "direct_response") if key in route), ""),
        }
    target = target_text(action)
    rest = {key: item for key, item in action.items() if key not in {"cluster", "weighted_clusters"}}
    return {**fields, **rest, "target": target}


def target_text(action: Mapping[str, Json]) -> str:
    """Return where calls go, such as `lessons`, or `lessons 90, lessons-canary 10` by weight."""
    match action:
        case {"cluster": str(name)}:
            return name
        case {"weighted_clusters": {"clusters": [*clusters]}}:
            return ", ".join(
                f"{cluster.get('name')} {cluster.get('weight', 0)}"
                for cluster in clusters
                if isinstance(cluster, dict)
            )
        case {"cluster_header": str(name)}:
            return f"the cluster that the header {name} names"
        case _:
            return ""


def target_service(route: Mapping[str, Json]) -> str:
    """Return the service that most calls of a route go to; a cluster of ours may be `<service>|<version>`."""
    weights = [part.rpartition(" ") for part in str(route.get("target", "")).split(", ")]
    if len(weights) > 1:
        name = max(weights, key=lambda part: int(part[2]) if part[2].isdecimal() else 0)[0]
    else:
        name = str(route.get("target", ""))
    return name.partition("|")[0]
