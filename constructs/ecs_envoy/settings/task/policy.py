"""What the tasks of a server may do in AWS."""

from typing import Annotated

from pydantic import Field

from envoy_config.settings import Settings
from envoy_config.values import text

_action = text(r"[a-z0-9-]+:[A-Za-z*?]+|\*", "an action of IAM", "its service and name, such as s3:GetObject")
Action = Annotated[str, *_action]
_resource = text(
    r"\*|arn:aws[a-z-]*:.+|[$#]\{Token\[.*", "the ARN of a resource", "one such as arn:aws:s3:::lessons/*"
)
Resource = Annotated[str, *_resource]
ConditionValue = Annotated[str, *text(r".*", "a value of a condition", "text in quotes")]


class PolicyStatement(Settings):
    """A right of the tasks' role."""

    actions: list[Action] = Field(min_length=1, description="what is allowed, such as [s3:GetObject]")
    resources: list[Resource] = Field(min_length=1, description="the ARNs of resources, with * for any text")
    conditions: dict[str, dict[str, ConditionValue]] = Field(
        default={}, description="IAM's conditions, such as {StringEquals: {aws:SourceVpc: vpc-0123}}"
    )
