"""CloudFormation's ECS resources: what MiniStack's own handlers drop on the way to its ECS API."""

from typing import Any, cast

from rehearsal.account.emulator.ministack_internals import Created, Properties, ecs, provisioners

# Keys below these are the user's own words, not the API's.
_FREE_KEYS = {"DockerLabels", "Options", "SystemControls"}


def camel_case(value: object) -> Any:  # noqa: ANN401
    """Return CloudFormation's `value` with the ECS API's keys: `PortMappings` becomes `portMappings`."""
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
    """Create an ECS service, its service registries included."""
    created = provisioners._ecs_service_create(logical_id, properties, stack)
    _keep_registries(created[0], properties)
    return created


def update_service(physical_id: str, old: Properties, new: Properties, stack: str) -> Created:
    """Update an ECS service, its service registries included.

    CloudFormation sets the desired count of the template again, whoever changed it meanwhile;
    MiniStack does so only where the template's own count has changed.
    """
    updated = provisioners._ecs_service_update(physical_id, old, new, stack)
    _keep_registries(updated[0], new)
    if "DesiredCount" in new:
        _, cluster, name = updated[0].rsplit("/", 2)
        ecs._update_service({"cluster": cluster, "service": name, "desiredCount": new["DesiredCount"]})
    return updated


def _keep_registries(arn: str, properties: Properties) -> None:
    _, cluster, name = arn.rsplit("/", 2)
    service: Properties = ecs._services[f"{cluster}/{name}"]
    service["serviceRegistries"] = camel_case(properties.get("ServiceRegistries") or [])


def close_holes() -> None:
    """Keep whole container definitions, and let the emulator invent no running task.

    MiniStack turns only some keys of a container definition into the API's, so that a health
    check or a stop timeout is lost; and without Docker it says that every task runs.
    """
    provisioners._normalize_container_defs = camel_case
    ecs._reconcile_service_tasks = _run_nothing


def _run_nothing(_cluster: str, _service: str) -> None:
    """Leave the tasks to the stand-in for the ECS agent."""
