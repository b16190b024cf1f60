"""Properties of CloudFormation resources that have no key of ours: the places where they may be set."""

import re
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


_PATH = re.compile(r"(?!Properties\.)(?:[^.\\]|\\.)+(?:\.(?:[^.\\]|\\.)+)*(?<!\.)")
"""Parts with dots between them; a dot of a part itself has a backslash before it, as in the CDK."""


def _properties(value: object) -> object:
    if not isinstance(value, dict):
        raise refusal(value, "a mapping", "a property's path and its value, such as {Volumes.0.Name: data}")
    properties = cast("dict[object, object]", value)
    for path in properties:
        if not isinstance(path, str) or not _PATH.fullmatch(path):
            raise refusal(str(path), "the path of a property", "one such as Volumes.0.Name")
    return properties


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
