"""Finds the documents inside the templates of a comparison, and compares each by its kind."""

import difflib
from collections.abc import Iterator, Mapping

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.assembly.reading import Stack
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.comparison import Comparison
from ecs_envoy.review.documents.other.alarms import alarm_lines
from ecs_envoy.review.documents.other.monitoring import DASHBOARD, dashboard, gathered
from ecs_envoy.review.documents.other.policies import DOCUMENTS, policy_lines
from ecs_envoy.review.documents.other.readable import document, readable
from ecs_envoy.review.documents.other.sidecars import container_documents
from ecs_envoy.review.documents.trees.wording import compared
from ecs_envoy.review.resources.changes import Kind, ResourceChange
from ecs_envoy.review.sections import DocumentChange

_LONG = 160
"""From how many characters on a text is a document; a shorter one is shown among the resources."""

Stacks = Mapping[str, Stack]


def other_documents(comparison: Comparison) -> Iterator[DocumentChange]:
    """Yield what differs in each document besides the bootstraps."""
    if comparison.base is None or comparison.head is None:
        return
    before, after = comparison.base.assembly.stacks, comparison.head.assembly.stacks
    yield from container_documents(comparison)
    pairs = [
        (change, _properties(change.old, before), _properties(change.new, after))
        for change in comparison.changes.resources
        if change.kind is not Kind.ORPHANED
    ]
    if lines := tuple(alarm_lines(pairs)):
        yield DocumentChange(title="alarms", lines=lines)
    for change, old, new in pairs:
        yield from _document(change, old, new)


def _properties(definition: Mapping[str, Json] | None, stacks: Stacks) -> dict[str, Json]:
    found = readable(definition.get("Properties"), stacks) if definition else None
    return found if isinstance(found, dict) else {}


def _document(change: ResourceChange, old: dict[str, Json], new: dict[str, Json]) -> Iterator[DocumentChange]:
    policies = [name for name in DOCUMENTS if name in old or name in new]
    for name in policies:
        lines = tuple(policy_lines(_tree(old.get(name)), _tree(new.get(name))))
        if lines and not (name == "AssumeRolePolicyDocument" and _is_usual(change)):
            yield DocumentChange(title=f"policy {code(change.path)}", lines=lines)
    yield from _inline_policies(change, old, new)
    match change.type:
        case "AWS::CloudWatch::Dashboard":
            yield from _dashboard(change, old, new)
        case "AWS::Logs::QueryDefinition":
            yield from _query(change, old, new)
        case "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm" | "AWS::ECS::TaskDefinition":
            pass
        case _:
            yield from _texts(change, old, new, {*policies})


def _is_usual(change: ResourceChange) -> bool:
    """Return whether a role comes or goes that a service of AWS takes on, as every task's role is."""
    role = change.new if change.old is None else change.old if change.new is None else None
    match (role or {}).get("Properties", {}).get("AssumeRolePolicyDocument"):
        case {"Statement": [{"Principal": {"Service": str()}}]}:
            return True
        case _:
            return False


def _inline_policies(
    change: ResourceChange, old: Mapping[str, Json], new: Mapping[str, Json]
) -> Iterator[DocumentChange]:
    """Yield what differs in the policies within a role."""
    if change.type not in {"AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"}:
        return
    before, after = _by_policy_name(old.get("Policies")), _by_policy_name(new.get("Policies"))
    for name in sorted(before.keys() | after.keys()):
        if lines := tuple(policy_lines(before.get(name), after.get(name))):
            yield DocumentChange(title=f"policy {code(name)} of {code(change.path)}", lines=lines)


def _by_policy_name(policies: Json) -> dict[str, Json]:
    return {
        str(policy.get("PolicyName")): policy.get("PolicyDocument")
        for policy in (policies if isinstance(policies, list) else [])
        if isinstance(policy, dict)
    }


def _dashboard(
    change: ResourceChange, old: Mapping[str, Json], new: Mapping[str, Json]
) -> Iterator[DocumentChange]:
    if change.old is None or change.new is None:
        return
    body = "DashboardBody"
    found = compared(dashboard(_tree(old.get(body))), dashboard(_tree(new.get(body))), DASHBOARD)
    if found.texts or found.diff:
        title = f"dashboard {code(str(new.get('DashboardName') or change.path))}"
        yield DocumentChange(title=title, lines=gathered(found.texts), diff=found.diff)


def _query(
    change: ResourceChange, old: Mapping[str, Json], new: Mapping[str, Json]
) -> Iterator[DocumentChange]:
    if change.old is None or change.new is None or old.get("QueryString") == new.get("QueryString"):
        return
    before, after = (str(side.get("QueryString", "")).splitlines() for side in (old, new))
    lines = list(difflib.unified_diff(before, after, n=1, lineterm=""))[3:]
    yield DocumentChange(
        title=f"log query {code(str(new.get('Name') or change.path))}", diff="\n".join(lines)
    )


def _texts(
    change: ResourceChange, old: Mapping[str, Json], new: Mapping[str, Json], skipped: set[str]
) -> Iterator[DocumentChange]:
    """Yield what differs in long texts that are JSON or YAML, of any resource."""
    for name in sorted((old.keys() & new.keys()) - skipped):
        was, is_now = old[name], new[name]
        if was == is_now or not isinstance(was, str) or not isinstance(is_now, str):
            continue
        if max(len(was), len(is_now)) < _LONG:
            continue
        before, after = document(was), document(is_now)
        if before is not None and after is not None and (found := compared(before, after, ())).diff:
            yield DocumentChange(title=f"{code(name)} of {code(change.path)}", diff=found.diff)


def _tree(value: Json) -> Json:
    """Return a document that stands in a property as it is, or as text."""
    return document(value) if isinstance(value, str) else value
