"""Corrections of MiniStack's Cloud Map API, so that it registers and lists instances as AWS does."""

import hashlib
import os
import time
from dataclasses import dataclass
from typing import Any

from rehearsal.account.emulator.ministack_internals import Properties, responses, servicediscovery
from rehearsal.account.health_lag import VARIABLE

Answer = Any
"""What a handler of MiniStack returns: status, headers and body."""

_HEALTH_FILTERS = ("HEALTHY", "UNHEALTHY", "ALL", "HEALTHY_OR_ELSE_ALL")

_DEFAULT_MAX_RESULTS = 100
"""Cloud Map returns at most so many instances if a request has no `MaxResults`."""


@dataclass(frozen=True)
class _Pending:
    """A change of health that Cloud Map has heard of and does not show yet."""

    status: str
    due: float


_pending: dict[tuple[str, str], _Pending] = {}


def _refusal(code: str, message: str) -> Answer:
    return responses.error_response_json(code, message, 400)


def _has_custom_health(service: Properties) -> bool:
    return service.get("HealthCheckCustomConfig") is not None


_register_instance: Any = servicediscovery._register_instance


def _register_with_health(data: Properties) -> Answer:
    """Register an instance with its initial health, AWS_INIT_HEALTH_STATUS, which MiniStack ignores."""
    answer = _register_instance(data)
    health = data.get("Attributes", {}).get("AWS_INIT_HEALTH_STATUS")
    service, instance = str(data.get("ServiceId")), str(data.get("InstanceId"))
    _pending.pop((service, instance), None)
    if health and instance in servicediscovery._instances.get(service, {}):
        servicediscovery._instance_health_status[service][instance] = health
    return answer


def _update_health(data: Properties) -> Answer:
    """Note a change of health, which Cloud Map shows only after the lag ("HealthCheckCustomConfig").

    A change does not change the revision of the list. A service without a custom health check has no
    health.
    """
    service_id, instance = str(data.get("ServiceId")), str(data.get("InstanceId"))
    service = servicediscovery._services.get(service_id)
    if service is None:
        return _refusal("ServiceNotFound", f"Service not found: {service_id}")
    if instance not in servicediscovery._instances.get(service_id, {}):
        return _refusal("InstanceNotFound", f"Instance not found: {instance}")
    if not _has_custom_health(service):
        return _refusal("CustomHealthNotFound", f"{service['Name']} has no HealthCheckCustomConfig")
    status, key = str(data.get("Status")), (service_id, instance)
    pending = _pending.get(key)
    if status == servicediscovery._instance_health_status[service_id].get(instance):
        _pending.pop(key, None)
    elif pending is None or pending.status != status:
        _pending[key] = _Pending(status, time.monotonic() + float(os.environ[VARIABLE]))
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, b""


def _shown_health(service_id: str, instance: str) -> str:
    """Return the health that Cloud Map shows, after each change that is due."""
    statuses, key = (
        servicediscovery._instance_health_status.setdefault(service_id, {}),
        (service_id, instance),
    )
    pending = _pending.get(key)
    if pending and time.monotonic() >= pending.due:
        statuses[instance] = pending.status
        del _pending[key]
    return statuses.get(instance, "HEALTHY")


def _discovered_service(data: Properties) -> tuple[Properties | None, Answer]:
    """Return the service that a request means, or what to answer instead.

    The data plane takes the namespace's HttpName for its name (API reference: DiscoverInstances).
    """
    wanted, name = data.get("NamespaceName"), data.get("ServiceName")
    namespaces = servicediscovery._namespaces.values()
    namespace = next((found for found in namespaces if http_name(found) == wanted), None)
    if namespace is None:
        return None, _refusal("NamespaceNotFound", f"Namespace not found: {wanted}")
    services = servicediscovery._services.values()
    named = (s for s in services if (s["Name"], s["NamespaceId"]) == (name, namespace["Id"]))
    service = next(named, None)
    return service, None if service else _refusal("ServiceNotFound", f"Service not found: {name}")


def _discover_instances(data: Properties) -> Answer:
    service, refusal = _discovered_service(data)
    if service is None:
        return refusal
    service_id, has_health = service["Id"], _has_custom_health(service)
    listed = [
        {
            "InstanceId": name,
            "NamespaceName": data["NamespaceName"],
            "ServiceName": data["ServiceName"],
            "Attributes": instance.get("Attributes", {}),
            "HealthStatus": _shown_health(service_id, name) if has_health else "UNKNOWN",
        }
        for name, instance in servicediscovery._instances.get(service_id, {}).items()
    ]
    requested = data.get("HealthStatus", "HEALTHY")
    if requested not in _HEALTH_FILTERS:
        return _refusal("InvalidInput", f"HealthStatus: {requested}")
    # "This parameter is ignored for services that don't have a health check configured."
    if has_health and requested != "ALL":
        kept = [i for i in listed if i["HealthStatus"] == requested.removesuffix("_OR_ELSE_ALL")]
        listed = kept or (listed if requested == "HEALTHY_OR_ELSE_ALL" else [])
    limited = listed[: data.get("MaxResults", _DEFAULT_MAX_RESULTS)]
    return responses.json_response({"Instances": limited, "InstancesRevision": _revision(service_id)})


def _discover_instances_revision(data: Properties) -> Answer:
    service, refusal = _discovered_service(data)
    return refusal or responses.json_response({"InstancesRevision": _revision((service or {})["Id"])})


def _revision(service_id: str) -> int:
    return int(servicediscovery._instances_revision.get(service_id, 1))


_create_service: Any = servicediscovery._create_service


def _create_service_once(data: Properties) -> Answer:
    """Create a service, but not a second one of the same name in its namespace."""
    services = servicediscovery._services.values()
    name, namespace = data.get("Name"), data.get("NamespaceId")
    if any((s["Name"], s["NamespaceId"]) == (name, namespace) for s in services):
        return _refusal("ServiceAlreadyExists", f"Service already exists: {name} in {namespace}")
    return _create_service(data)


_create_namespace_record: Any = servicediscovery._create_namespace_record

_vpcs: dict[str, str | None] = {}


def http_name(namespace: Properties) -> str:
    """Return the HttpName of `namespace`, by which the data plane knows it."""
    return namespace["Properties"]["HttpProperties"]["HttpName"]


def _create_namespace_with_http_name(
    name: str,
    ns_type: str,
    description: str | None = None,
    tags: object = None,
    soa_ttl: int | None = None,
    vpc: str | None = None,
) -> Any:  # noqa: ANN401
    """Create a namespace whose HttpName has a hash if its name is taken in the account and region.

    Two VPCs may have namespaces of one name, which MiniStack refuses.
    """
    store = servicediscovery._namespaces
    others = {
        key: found
        for key, found in store.items()
        if found["Name"] == name and vpc and _vpcs.get(key, vpc) != vpc
    }
    for key in others:
        del store[key]
    try:
        record, error = _create_namespace_record(name, ns_type, description, tags, soa_ttl, vpc)
    finally:
        for key, found in others.items():
            store[key] = found
    if record:
        _vpcs[record["Id"]] = vpc
        suffix = f"-{hashlib.sha256(record['Id'].encode()).hexdigest()[:16]}" if others else ""
        record["Properties"]["HttpProperties"] = {"HttpName": f"{name}{suffix}"}
    return record, error


def patch_ministack() -> None:
    """Replace functions of MiniStack by those above, which answer as Cloud Map does."""
    servicediscovery._register_instance = _register_with_health
    servicediscovery._discover_instances = _discover_instances
    servicediscovery._discover_instances_revision = _discover_instances_revision
    servicediscovery._update_instance_custom_health_status = _update_health
    servicediscovery._create_service = _create_service_once
    servicediscovery._create_namespace_record = _create_namespace_with_http_name
