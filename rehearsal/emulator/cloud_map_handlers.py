"""Cloud Map's API: what MiniStack drops of a registration."""

from typing import Any

from rehearsal.emulator.ministack_internals import Properties, servicediscovery

_register_instance: Any = servicediscovery._register_instance


def _register_with_health(data: Properties) -> Any:  # noqa: ANN401
    """Register an instance with the health that it begins with, AWS_INIT_HEALTH_STATUS."""
    answer = _register_instance(data)
    first = data.get("Attributes", {}).get("AWS_INIT_HEALTH_STATUS")
    service, instance = data.get("ServiceId"), data.get("InstanceId")
    if first and instance in servicediscovery._instances.get(service, {}):
        servicediscovery._instance_health_status[service][instance] = first
    return answer


def close_holes() -> None:
    """Keep an instance's first health: MiniStack lists it as healthy until it is told otherwise."""
    servicediscovery._register_instance = _register_with_health
