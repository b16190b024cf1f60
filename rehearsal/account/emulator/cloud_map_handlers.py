"""Cloud Map's API: what MiniStack drops of a registration, and what it does not know of discovery."""

import json
from typing import Any

from rehearsal.account.emulator.ministack_internals import Properties, responses, servicediscovery

_register_instance: Any = servicediscovery._register_instance


def _register_with_health(data: Properties) -> Any:  # noqa: ANN401
    """Register an instance with the health that it begins with, AWS_INIT_HEALTH_STATUS."""
    answer = _register_instance(data)
    first = data.get("Attributes", {}).get("AWS_INIT_HEALTH_STATUS")
    service, instance = data.get("ServiceId"), data.get("InstanceId")
    if first and instance in servicediscovery._instances.get(service, {}):
        servicediscovery._instance_health_status[service][instance] = first
    return answer


_discover_instances: Any = servicediscovery._discover_instances

_UNLIMITED = 100
"""What Cloud Map returns at most where a request names no `MaxResults`."""


def _discover_as_cloud_map(data: Properties) -> Any:  # noqa: ANN401
    """Answer `HEALTHY_OR_ELSE_ALL`, which MiniStack takes for a health; name the revision; keep the limit."""
    wanted = data.get("HealthStatus", "HEALTHY")
    everything = wanted in {"HEALTHY", "HEALTHY_OR_ELSE_ALL", "ALL"}
    status, headers, body = _discover_instances({**data, "HealthStatus": "ALL" if everything else wanted})
    if status != 200:
        return status, headers, body
    instances = json.loads(body)["Instances"]
    healthy = [instance for instance in instances if instance["HealthStatus"] == "HEALTHY"]
    if wanted == "HEALTHY" or (wanted == "HEALTHY_OR_ELSE_ALL" and healthy):
        instances = healthy
    revision = json.loads(servicediscovery._discover_instances_revision(data)[2])
    cut = instances[: data.get("MaxResults", _UNLIMITED)]
    return responses.json_response({"Instances": cut, **revision})


_update_health: Any = servicediscovery._update_instance_custom_health_status


def _update_health_alone(data: Properties) -> Any:  # noqa: ANN401
    """Change an instance's health but not the revision of the list, as Cloud Map does."""
    service = data.get("ServiceId")
    before = servicediscovery._instances_revision.get(service)
    answer = _update_health(data)
    if before is not None:
        servicediscovery._instances_revision[service] = before
    return answer


def close_holes() -> None:
    """Answer as Cloud Map does where MiniStack does not: see each function above."""
    servicediscovery._register_instance = _register_with_health
    servicediscovery._discover_instances = _discover_as_cloud_map
    servicediscovery._update_instance_custom_health_status = _update_health_alone
