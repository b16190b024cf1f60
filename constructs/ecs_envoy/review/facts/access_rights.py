"""Rights in IAM: who may do what to which resource, from every kind of policy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.assembly.references import reference
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.comparison import Side
from ecs_envoy.review.facts.values import block, entries, items, text

Conditions = frozenset[tuple[str, str, frozenset[str]]]
"""Each condition: its operator, its key and its values."""

_NEGATIVE = ("Not", "Null")


@dataclass(frozen=True, kw_only=True)
class Right:
    """A statement of a policy for one principal, one action and one resource.

    Attributes:
        kind: `role` for what a role may do; `assume` for who may act as a role; `resource` for what a
            policy of a resource allows, such as that of a bucket.
        holder: The role's id in the combined template or its ARN; or the resource that has the policy.
        principal: To whom it is given; empty for a policy of a role.
        allows: Whether it allows; otherwise it denies.
        action: The action, such as `s3:GetObject`.
        resource: The resource as text.
        conditions: When it holds.
        place: The id of the resource in the template that says it.

    """

    kind: str
    holder: str
    action: str
    resource: str
    principal: str = ""
    allows: bool = True
    conditions: Conditions = frozenset()
    place: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether the action, the resource or the principal is a wildcard."""
        return self.action.endswith("*") or self.resource == "*" or self.principal == "*"

    def covers(self, other: "Right") -> bool:
        """Return whether it allows everything that `other` allows."""
        return self.covers_without_conditions(other) and _at_most(other.conditions, self.conditions)

    def covers_without_conditions(self, other: "Right") -> bool:
        """Return whether it would if there were no conditions."""
        return (
            (self.kind, self.holder, self.allows) == (other.kind, other.holder, other.allows)
            and self.principal in {other.principal, "*"}
            and fnmatchcase(other.action.lower(), self.action.lower())
            and fnmatchcase(other.resource, _pattern(self.resource))
        )


def _pattern(resource: str) -> str:
    return resource.replace("[", "[[]")


def _at_most(narrow: Conditions, wide: Conditions) -> bool:
    """Return whether `narrow` holds in no more cases than `wide`."""
    by_key = {(operator, key): values for operator, key, values in narrow}
    for operator, key, values in wide:
        found = by_key.get((operator, key))
        if found is None:
            return False
        if not (found >= values if any(word in operator for word in _NEGATIVE) else found <= values):
            return False
    return True


_RESOURCE_POLICIES = {
    "AWS::S3::BucketPolicy": ("Bucket", "PolicyDocument"),
    "AWS::SQS::QueuePolicy": ("Queues", "PolicyDocument"),
    "AWS::SNS::TopicPolicy": ("Topics", "PolicyDocument"),
    "AWS::SecretsManager::ResourcePolicy": ("SecretId", "ResourcePolicy"),
    "AWS::KMS::Key": (None, "KeyPolicy"),
    "AWS::ECR::Repository": (None, "RepositoryPolicyText"),
    "AWS::EC2::VPCEndpoint": (None, "PolicyDocument"),
}


def rights(side: Side) -> Iterator[Right]:
    """Yield every right that a side's templates give or deny."""
    for resource_id, definition in side.template["Resources"].items():
        properties: Mapping[str, Any] = definition.get("Properties", {})
        kind: str = definition["Type"]
        if kind == "AWS::IAM::Role":
            yield from _of_role(side, resource_id, properties)
        elif kind in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"}:
            holders = [properties[name] for name in ("RoleName",) if name in properties]
            for name in ("Roles", "Users", "Groups"):
                holders += items(properties, name)
            for holder in holders:
                yield from _statements(
                    side, properties.get("PolicyDocument"), "role", _id(side, holder), resource_id
                )
        elif kind in _RESOURCE_POLICIES:
            target, document = _RESOURCE_POLICIES[kind]
            targets = items(properties, target) if target else []
            holder = _id(side, targets[0]) if targets else resource_id
            yield from _statements(side, properties.get(document), "resource", holder, resource_id)
        elif kind == "AWS::Lambda::Permission":
            yield Right(
                kind="resource",
                holder=_id(side, properties.get("FunctionName")),
                principal=text(properties.get("Principal"), side.assembly.stacks),
                action=text(properties.get("Action"), side.assembly.stacks),
                resource=text(properties.get("FunctionName"), side.assembly.stacks),
                place=resource_id,
            )


def _of_role(side: Side, role: str, properties: Mapping[str, Any]) -> Iterator[Right]:
    yield from _statements(side, properties.get("AssumeRolePolicyDocument"), "assume", role, role)
    for policy in entries(properties, "Policies"):
        yield from _statements(side, policy.get("PolicyDocument"), "role", role, role)
    for arn in items(properties, "ManagedPolicyArns"):
        name = text(arn, side.assembly.stacks).rpartition(":policy/")[2]
        yield Right(kind="managed", holder=role, action=name, resource="", place=role)


def _statements(side: Side, document: Json, kind: str, holder: str, place: str) -> Iterator[Right]:
    for statement in entries({"Statement": items(block({"at": document}, "at"), "Statement")}, "Statement"):
        actions = _texts(side, statement.get("Action")) or _all_but(side, statement.get("NotAction"))
        resources = _texts(side, statement.get("Resource")) or _all_but(side, statement.get("NotResource"))
        principals = _principals(side, statement.get("Principal")) or [""]
        for principal in principals:
            for action in actions or ["*"]:
                for resource in resources or [""]:
                    yield Right(
                        kind=kind,
                        holder=holder,
                        principal=principal,
                        allows=statement.get("Effect", "Allow") == "Allow",
                        action=action,
                        resource=resource,
                        conditions=_conditions(side, statement.get("Condition")),
                        place=place,
                    )


def _all_but(side: Side, value: Json) -> list[str]:
    return [f"* except {', '.join(found)}"] if (found := _texts(side, value)) else []


def _principals(side: Side, value: Json) -> list[str]:
    if isinstance(value, dict) and not (set(value) & {"Ref", "Fn::GetAtt", "Fn::Join", "Fn::Sub"}):
        return [found for item in value.values() for found in _texts(side, item)]
    return _texts(side, value)


def _conditions(side: Side, value: Json) -> Conditions:
    if not isinstance(value, dict):
        return frozenset()
    return frozenset(
        (operator, key, frozenset(_texts(side, values)))
        for operator, keys in value.items()
        if isinstance(keys, dict)
        for key, values in keys.items()
    )


def _texts(side: Side, value: Json) -> list[str]:
    return [text(item, side.assembly.stacks) for item in _list(value)]


def _list(value: Json) -> list[Json]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _id(side: Side, value: Json) -> str:
    found = reference(value)
    known = found is not None and found in side.template["Resources"]
    return found if found is not None and known else text(value, side.assembly.stacks)


def in_words(conditions: Conditions) -> str:
    """Return conditions as a sentence says them, such as "`aws:SourceVpc` is `vpc-1`"."""
    found: list[str] = []
    for operator, key, values in sorted(conditions, key=lambda condition: condition[:2]):
        plain = operator in {"StringEquals", "StringLike", "ArnEquals", "ArnLike", "Bool", "IpAddress"}
        verb = "is" if plain else operator
        found.append(f"{code(key)} {verb} {' or '.join(map(code, sorted(values)))}")
    return " and ".join(found)
