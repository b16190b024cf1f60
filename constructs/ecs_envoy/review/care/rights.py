"""Who may do what in AWS that could not before."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ecs_envoy.review.assembly.combined import path_of
from ecs_envoy.review.comment.page import code, enumeration
from ecs_envoy.review.comparison import Side
from ecs_envoy.review.facts.access_holders import Holders
from ecs_envoy.review.facts.access_rights import Conditions, Right, in_words, rights
from ecs_envoy.review.facts.sides import Sides
from ecs_envoy.review.sections import Care, CareKind

_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage")
_WRITE_LOGS = ("logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams")
_SIGN_IN = "ecr:GetAuthorizationToken"

_WORDS: Sequence[tuple[set[str], str]] = (
    ({*_PULL}, "pull images from"),
    ({_SIGN_IN}, "sign in to ECR for"),
    ({*_WRITE_LOGS}, "write logs to"),
    ({"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"}, "read the secret"),
    ({"ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"}, "read the parameter"),
    ({"kms:Decrypt", "kms:DescribeKey"}, "decrypt with the key"),
    ({"servicediscovery:DiscoverInstances", "servicediscovery:DiscoverInstancesRevision"}, "list tasks of"),
    ({"servicediscovery:GetNamespace"}, "look up the namespace"),
    ({"iam:PassRole"}, "hand to a service the role"),
    ({"sts:AssumeRole"}, "act as the role"),
)

_ACCOUNT = re.compile(r"arn:[^:]+:iam::(\d+):root")
_REFERENCE = re.compile(r"\$\{([^}:]*?)(?:\.(?:Arn|Id))?\}")
"""A reference to a resource of the app, of which its path says enough."""

NO_NARROWER = {
    _SIGN_IN,
    "servicediscovery:DiscoverInstances",
    "servicediscovery:DiscoverInstancesRevision",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
    "cloudwatch:PutMetricData",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}
"""Actions that AWS limits to no resource, so that `*` says nothing.

Source: Service Authorization Reference, whose tables of these services name no resource type for them.
"""

_ROUTINE = {*_PULL, *_WRITE_LOGS, _SIGN_IN}
"""What every task needs in order to start: of a service that is new it goes without saying."""


def new_rights(sides: Sides) -> Iterator[Care]:
    """Yield what the policies of `head` allow and those of `base` do not."""
    before = [replace(right, holder=sides.id_now(right.holder)) for right in rights(sides.base)]
    after = list(rights(sides.head))
    allowed = [right for right in before if right.allows]
    of_holder: dict[str, list[Right]] = {}
    for right in allowed:
        of_holder.setdefault(right.holder, []).append(right)
    gained = [
        right
        for right in after
        if right.allows
        and not any(old.covers(right) for old in of_holder.get(right.holder, ()))
        and not _goes_without_saying(right, sides)
    ]
    yield from _cares(gained, allowed, sides.head, sides.holders)
    denied = [right for right in after if not right.allows]
    freed = [
        right
        for right in before
        if not right.allows and right.holder in sides.after and not any(now.covers(right) for now in denied)
    ]
    for group in _grouped(freed):
        actions = enumeration([code(right.action) for right in group])
        when = f" if {in_words(group[0].conditions)}" if group[0].conditions else ""
        to = f" to {_principal(group[0].principal)}" if group[0].principal else ""
        yield Care(
            kind=CareKind.WIDENING,
            text=f"{actions} on {_resource(group[0].resource)} is no longer denied{to}{when}",
            place=sides.path(group[0].place),
        )


def wildcards(head: Side) -> Iterator[Care]:
    """Yield rights with a wildcard, of an environment that is new."""
    found = [
        right
        for right in rights(head)
        if right.allows
        and (right.action in {"*", "AdministratorAccess", "PowerUserAccess"} or _is_wide(right))
    ]
    yield from _cares(found, [], head, Holders(head))


def _is_wide(right: Right) -> bool:
    if right.kind == "role":
        return right.is_wide and right.action not in NO_NARROWER and not right.conditions
    return right.principal == "*" and not right.conditions


def _goes_without_saying(right: Right, sides: Sides) -> bool:
    if not sides.is_new(right.holder):
        return False
    match right.kind:
        case "role":
            return right.action in _ROUTINE
        case "assume":
            return right.principal.endswith(".amazonaws.com")
        case "resource":
            # A new key is administered by its own account.
            return right.principal != "*" or bool(right.conditions)
        case _:
            return right.action.startswith("service-role/")


def _cares(gained: Sequence[Right], allowed: Sequence[Right], side: Side, holders: Holders) -> Iterator[Care]:
    pulling = {right.holder for right in gained if right.action in _PULL}
    said = [right for right in gained if right.action != _SIGN_IN or right.holder not in pulling]
    sentences: dict[tuple[str, CareKind, str], list[str]] = {}
    for group in _grouped(said):
        first = group[0]
        wider = [
            old
            for old in allowed
            if old.conditions and all(old.covers_without_conditions(right) for right in group)
        ]
        anyone = first.kind == "resource" and first.principal == "*" and not first.conditions
        kind = CareKind.EXPOSURE if anyone else CareKind.WIDENING
        place = path_of(first.place, side.assembly.stacks)
        what = _what(group, side, holders) + _limits(first.conditions, wider)
        sentences.setdefault((_who(first, holders), kind, place), []).append(what)
    alike: dict[tuple[CareKind, str], list[tuple[str, str]]] = {}
    for (who, kind, place), whats in sentences.items():
        alike.setdefault((kind, "; ".join(whats)), []).append((who, place))
    for (kind, what), holding in alike.items():
        who = enumeration([who for who, _ in holding])
        yield Care(kind=kind, text=f"{who} may now {what}", place=holding[0][1])


def _grouped(found: Sequence[Right]) -> list[list[Right]]:
    """Return rights that one sentence can say: of the same holder, resource and conditions."""
    groups: dict[tuple[object, ...], list[Right]] = {}
    for right in dict.fromkeys(found):
        key = (right.kind, right.holder, right.principal, right.resource, right.conditions)
        groups.setdefault(key, []).append(right)
    merged: dict[tuple[object, ...], list[Right]] = {}
    for group in groups.values():
        # The same actions on several resources, such as a bucket and what is in it.
        actions = tuple(sorted(right.action for right in group))
        first = group[0]
        key = (first.kind, first.holder, first.principal, actions, first.conditions)
        if key in merged:
            both = f"{merged[key][0].resource}\0{first.resource}"
            merged[key] = [replace(right, resource=both) for right in merged[key]]
        else:
            merged[key] = group
    return list(merged.values())


def _who(right: Right, holders: Holders) -> str:
    return _principal(right.principal) if right.principal else holders.of_role(right.holder)


def _what(group: Sequence[Right], side: Side, holders: Holders) -> str:
    first = group[0]
    actions = [right.action for right in group]
    named = enumeration(list(map(_action, actions)))
    match first.kind:
        case "assume":
            return f"do whatever {holders.of_role(first.holder)} may do ({named})"
        case "managed":
            return f"do all that the managed policy {named} allows"
        case "resource":
            return f"do {named} on {_resource(first.resource or path_of(first.holder, side.assembly.stacks))}"
        case _:
            pass
    resource = _resource(first.resource)
    for known, words in _WORDS:
        if set(actions) <= known:
            if first.resource == "*" and known <= NO_NARROWER:
                resource = {"list tasks of": "services in Cloud Map"}.get(words, "this account")
            return f"{words} {resource} ({named})"
    if first.resource == "*" and set(actions) <= NO_NARROWER:
        return f"do {named}, which AWS limits to no resource"
    return f"do {named} on {resource}"


def _limits(conditions: Conditions, wider: Sequence[Right]) -> str:
    now = f", only if {in_words(conditions)}" if conditions else ""
    if not wider:
        return now
    before = in_words(wider[0].conditions)
    return f"{now}; before only if {before}" if now else f" always; before only if {before}"


def _action(action: str) -> str:
    if action == "*":
        return "**every action** (`*`)"
    service, _, name = action.partition(":")
    return f"**every action of {code(service)}** ({code(action)})" if name == "*" else code(action)


def _resource(resource: str) -> str:
    if resource == "*":
        return "**every resource** (`*`)"
    return enumeration([code(_REFERENCE.sub(r"\1", part)) for part in resource.split("\0")])


def _principal(principal: str) -> str:
    if principal == "*":
        return "**anyone** (`*`)"
    account = _ACCOUNT.fullmatch(principal)
    return f"whom the account {code(account[1])} chooses" if account else code(principal)
