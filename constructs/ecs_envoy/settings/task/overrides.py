"""Properties of CloudFormation resources that have no key of ours: the places where they may be set."""

from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, WithJsonSchema

from envoy_config.values import refusal

TaskPlace = Literal[
    "task_definition", "ecs_service", "security_group", "log_group", "task_role", "execution_role"
]
ServicePlace = Literal[TaskPlace, "cloud_map_service", "scaling_target"]
ProxyPlace = Literal[TaskPlace, "cloud_map_service", "scaling_target", "metrics_log_group"]
ApiPlace = Literal[
    TaskPlace, "scaling_target", "load_balancer", "listener", "target_group", "access_log_bucket"
]
NetworkPlace = Literal["vpc", "ecs_cluster", "namespace"]


def _properties(value: object) -> object:
    if not isinstance(value, dict):
        raise refusal(value, "a mapping", "a property's path and its value, such as {Volumes.0.Name: data}")
    return cast("object", value)


Properties = Annotated[
    dict[str, Any],
    BeforeValidator(_properties),
    WithJsonSchema({"type": "object", "description": "CloudFormation properties by path"}),
]
"""Values by the path of a property, as in `CfnResource.add_property_override`."""

ServiceOverrides = dict[ServicePlace, Properties]
ProxyOverrides = dict[ProxyPlace, Properties]
ApiOverrides = dict[ApiPlace, Properties]
NetworkOverrides = dict[NetworkPlace, Properties]
