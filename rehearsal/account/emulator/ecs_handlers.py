"""Corrections of MiniStack's handlers for ECS resources, which lose some properties of a template."""

from typing import Any, cast

from rehearsal.account.emulator.ministack_internals import Created, Properties, ecs, provisioners

# The keys inside these mappings are chosen by the user, so their case must not change.
_FREE_KEYS = {"DockerLabels", "Options", "SystemControls"}


def camel_case(value: object) -> Any:  # noqa: ANN401
    """Return CloudFormation's `value` with the keys of the ECS API: `PortMappings` becomes `portMappings`."""
    if isinstance(value, list):
        return [camel_case(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        mapping = cast("dict[str, object]", value)
        return {
            key[:1].lower() + key[1:]: item if key in _FREE_KEYS else camel_case(item)
            for key, item in mapping.items()
        }
    return value


def create_service(logical_id: str, properties: Properties, stack: str) -> Created:
    """Create an ECS service with its service registries, which MiniStack loses."""
    created = provisioners._ecs_service_create(logical_id, properties, stack)
    _set_registries(created[0], properties)
    return created


def update_service(physical_id: str, old: Properties, new: Properties, stack: str) -> Created:
    """Update an ECS service with its service registries.

    CloudFormation sets the template's desired count with every update, even if somebody else has
    changed it since. MiniStack sets it only if the count in the template has changed.
    """
    updated = provisioners._ecs_service_update(physical_id, old, new, stack)
    _set_registries(updated[0], new)
    if "DesiredCount" in new:
        _, cluster, name = updated[0].rsplit("/", 2)
        ecs._update_service({"cluster": cluster, "service": name, "desiredCount": new["DesiredCount"]})
    return updated


def _set_registries(arn: str, properties: Properties) -> None:
    _, cluster, name = arn.rsplit("/", 2)
    service: Properties = ecs._services[f"{cluster}/{name}"]
    service["serviceRegistries"] = camel_case(properties.get("ServiceRegistries") or [])


def patch_ministack() -> None:
    """Make MiniStack keep whole container definitions, and stop it from inventing running tasks.

    MiniStack translates only some keys of a container definition, so that health checks and stop
    timeouts are lost. Without Docker it also pretends that every task runs.
    """
    provisioners._normalize_container_defs = camel_case
    ecs._reconcile_service_tasks = _run_nothing


def _run_nothing(_cluster: str, _service: str) -> None:
    """Do nothing: the stand-in for the ECS agent runs the tasks."""
