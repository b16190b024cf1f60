"""Corrections of MiniStack's Cloud Map API, so that it registers and lists instances as AWS does."""

import json
from typing import Any

from rehearsal.account.emulator.ministack_internals import Properties, responses, servicediscovery

_register_instance: Any = servicediscovery._register_instance


def _register_with_health(data: Properties) -> Any:  # noqa: ANN401
    """Register an instance with its initial health, AWS_INIT_HEALTH_STATUS, which MiniStack ignores."""
    answer = _register_instance(data)
    health = data.get("Attributes", {}).get("AWS_INIT_HEALTH_STATUS")
    service, instance = data.get("ServiceId"), data.get("InstanceId")
    if health and instance in servicediscovery._instances.get(service, {}):
        servicediscovery._instance_health_status[service][instance] = health
    return answer


_discover_instances: Any = servicediscovery._discover_instances

_DEFAULT_MAX_RESULTS = 100
"""Cloud Map returns at most so many instances if a request has no `MaxResults`."""


def _discover_as_cloud_map(data: Properties) -> Any:  # noqa: ANN401
    """Discover instances with three corrections.

    MiniStack takes `HEALTHY_OR_ELSE_ALL` for a health that an instance may have, does not return the
    revision, and has no limit.
    """
    requested = data.get("HealthStatus", "HEALTHY")
    filter_here = requested in {"HEALTHY", "HEALTHY_OR_ELSE_ALL", "ALL"}
    status, headers, body = _discover_instances({**data, "HealthStatus": "ALL" if filter_here else requested})
    if status != 200:
        return status, headers, body
    instances = json.loads(body)["Instances"]
    healthy = [instance for instance in instances if instance["HealthStatus"] == "HEALTHY"]
    if requested == "HEALTHY" or (requested == "HEALTHY_OR_ELSE_ALL" and healthy):
        instances = healthy
    revision = json.loads(servicediscovery._discover_instances_revision(data)[2])
    limited = instances[: data.get("MaxResults", _DEFAULT_MAX_RESULTS)]
    return responses.json_response({"Instances": limited, **revision})


_update_health: Any = servicediscovery._update_instance_custom_health_status


def _update_health_only(data: Properties) -> Any:  # noqa: ANN401
    """Change an instance's health but not the revision of the list, as Cloud Map does."""
    service = data.get("ServiceId")
    before = servicediscovery._instances_revision.get(service)
    answer = _update_health(data)
    if before is not None:
        servicediscovery._instances_revision[service] = before
    return answer


def patch_ministack() -> None:
    """Replace three of MiniStack's functions by those above, which answer as Cloud Map does."""
    servicediscovery._register_instance = _register_with_health
    servicediscovery._discover_instances = _discover_as_cloud_map
    servicediscovery._update_instance_custom_health_status = _update_health_only
