"""What the tasks of a server may do in AWS."""

from typing import Annotated, cast

from pydantic import BeforeValidator, Field, TypeAdapter, WithJsonSchema

from envoy_config.settings import Settings
from envoy_config.values import refusal, text

_action = text(
    r"[a-z0-9-]+:[A-Za-z0-9*?]+|\*", "an action of IAM", "its service and name, such as s3:GetObject"
)
Action = Annotated[str, *_action]
_resource = text(
    r"\*|arn:aws[a-z-]*:[a-z0-9*-]+:[^:]*:[^:]*:.+|[$#]\{Token\[.*",
    "the ARN of a resource",
    "one such as arn:aws:s3:::lessons/*",
)
Resource = Annotated[str, *_resource]
_operator = text(
    r"(?:For(?:AllValues|AnyValue):)?(?:String(?:Not)?(?:Equals(?:IgnoreCase)?|Like)|BinaryEquals"
    r"|(?:Numeric|Date)(?:(?:Not)?Equals|(?:Less|Greater)Than(?:Equals)?)|Bool|(?:Not)?IpAddress"
    r"|Arn(?:Not)?(?:Equals|Like))(?:IfExists)?|Null",
    "a condition operator of IAM",
    "one such as StringEquals, ArnLike or Bool",
)
ConditionOperator = Annotated[str, *_operator]
"""The names are those of "IAM JSON policy elements: Condition operators"."""

_value, _ = text(r".*", "a value of a condition", "text in quotes")
_VALUES: TypeAdapter[list[str]] = TypeAdapter(list[Annotated[str, _value]])


def _values(value: object) -> str | list[str]:
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        raise refusal(value, "a value of a condition, or a list of them", "text in quotes")
    return _VALUES.validate_python(cast("list[object]", value))


ConditionValues = Annotated[
    str | list[str],
    BeforeValidator(_values),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


class PolicyStatement(Settings):
    """A right of the tasks' role."""

    actions: list[Action] = Field(min_length=1, description="what is allowed, such as [s3:GetObject]")
    resources: list[Resource] = Field(min_length=1, description="the ARNs of resources, with * for any text")
    conditions: dict[ConditionOperator, Annotated[dict[str, ConditionValues], Field(min_length=1)]] = Field(
        default={}, description="IAM's conditions, such as {StringEquals: {aws:SourceVpc: vpc-0123}}"
    )
