"""Looks whether synthesized templates keep AWS's limits."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecs_envoy.plan.limits.quotas import (
    ALARMS_OF_WIDGET,
    CONTAINERS,
    FILTER_PATTERN_CHARACTERS,
    GROUPS_OF_TASK,
    INLINE_POLICY_CHARACTERS,
    MANAGED_POLICY_CHARACTERS,
    METRICS_OF_DASHBOARD,
    METRICS_OF_WIDGET,
    OUTPUTS,
    PARAMETERS,
    RESOURCES,
    RULES,
    TASK_DEFINITION_BYTES,
    TEMPLATE_BYTES,
    WIDGETS,
    Quota,
)

SUFFIX = ".template.json"
_RULE = "AWS::EC2::SecurityGroup"

Template = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Excess:
    """What is above a limit.

    Attributes:
        stack: The stack's name, as the CDK names its template.
        quota: The limit.
        found: How many there are.
        resource: The logical id of the resource; empty for the stack itself.

    """

    stack: str
    quota: Quota
    found: int
    resource: str = ""

    def __str__(self) -> str:
        """Say what is there and what is allowed."""
        where = f"{self.resource} of the stack {self.stack}" if self.resource else f"the stack {self.stack}"
        quota = self.quota
        kept = f", of which {quota.spare} are kept free" if quota.spare else ""
        return f'{where}: {self.found} {quota.what}, and AWS takes {quota.most}{kept} ("{quota.page}")'


def excesses(assembly: Path) -> list[Excess]:
    """Return what is above AWS's limits in the templates of the CDK's cloud assembly `assembly`.

    The templates are read as they are, so that this works for every CDK app.

    Args:
        assembly: The folder of the cloud assembly, such as cdk.out.

    """
    texts = {path.name.removesuffix(SUFFIX): path.read_text() for path in assembly.glob(f"*{SUFFIX}")}
    templates: dict[str, Template] = {stack: json.loads(text) for stack, text in sorted(texts.items())}
    found = [
        excess
        for stack, template in templates.items()
        for excess in (
            *_of_stack(stack, template, len(texts[stack].encode())),
            *(
                Excess(stack=stack, quota=quota, found=number, resource=name)
                for name, resource in template.get("Resources", {}).items()
                for quota, number in _of_resource(resource)
                if number > quota.usable
            ),
        )
    ]
    return [*found, *_rules(templates)]


def _of_stack(stack: str, template: Template, size: int) -> Iterator[Excess]:
    for quota, found in (
        (RESOURCES, len(template.get("Resources", {}))),
        (TEMPLATE_BYTES, size),
        (OUTPUTS, len(template.get("Outputs", {}))),
        (PARAMETERS, len(template.get("Parameters", {}))),
    ):
        if found > quota.usable:
            yield Excess(stack=stack, quota=quota, found=found)


def _of_resource(resource: Template) -> Iterator[tuple[Quota, int]]:
    properties: Template = resource.get("Properties", {})
    match resource["Type"]:
        case "AWS::ECS::TaskDefinition":
            yield TASK_DEFINITION_BYTES, _size(properties)
            yield CONTAINERS, len(properties.get("ContainerDefinitions", []))
        case "AWS::ECS::Service":
            vpc: Template = properties.get("NetworkConfiguration", {}).get("AwsvpcConfiguration", {})
            yield GROUPS_OF_TASK, len(vpc.get("SecurityGroups", []))
        case "AWS::IAM::Policy":
            yield INLINE_POLICY_CHARACTERS, _size(properties["PolicyDocument"])
        case "AWS::IAM::ManagedPolicy":
            yield MANAGED_POLICY_CHARACTERS, _size(properties["PolicyDocument"])
        case "AWS::Logs::MetricFilter":
            yield FILTER_PATTERN_CHARACTERS, len(properties["FilterPattern"])
        case "AWS::CloudWatch::Dashboard":
            yield from _of_dashboard(properties["DashboardBody"])
        case _:
            pass


def _of_dashboard(body: str | Mapping[str, tuple[str, list[object]]]) -> Iterator[tuple[Quota, int]]:
    parts = [body] if isinstance(body, str) else body["Fn::Join"][1]
    # A reference stands within a string of the dashboard's JSON.
    text = "".join(part if isinstance(part, str) else "reference" for part in parts)
    widgets: list[dict[str, dict[str, list[object]]]] = json.loads(text)["widgets"]
    metrics = [len(widget["properties"].get("metrics", [])) for widget in widgets]
    yield WIDGETS, len(widgets)
    yield METRICS_OF_WIDGET, max(metrics, default=0)
    yield METRICS_OF_DASHBOARD, sum(metrics)
    yield (
        ALARMS_OF_WIDGET,
        max((len(widget["properties"].get("alarms", [])) for widget in widgets), default=0),
    )


def _size(value: object) -> int:
    """Return the size of `value` as JSON; references count as long as they are, which is near the truth."""
    return len(json.dumps(value, separators=(",", ":")))


def _rules(templates: Mapping[str, Template]) -> Iterator[Excess]:
    """Yield each security group with too many rules, wherever they stand."""
    places: dict[str, tuple[str, str]] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for stack, template in templates.items():
        exported = _exports(template)
        for name, resource in template.get("Resources", {}).items():
            properties: Template = resource.get("Properties", {})
            if resource["Type"] == _RULE:
                group = _key(stack, {"Fn::GetAtt": [name, "GroupId"]}, exported)
                places[group] = stack, name
                for kind in ("Ingress", "Egress"):
                    counts[group, kind] += len(properties.get(f"SecurityGroup{kind}", []))
            elif resource["Type"] in (f"{_RULE}Ingress", f"{_RULE}Egress"):
                group = _key(stack, properties["GroupId"], exported)
                counts[group, resource["Type"].removeprefix(_RULE)] += 1
    for (group, _), found in counts.items():
        if found > RULES.usable:
            stack, name = places.get(group, ("", group))
            yield Excess(stack=stack, quota=RULES, found=found, resource=name)


def _exports(template: Template) -> dict[str, str]:
    """Return the name under which each value is exported."""
    return {
        json.dumps(output["Value"]): output["Export"]["Name"]
        for output in template.get("Outputs", {}).values()
        if isinstance(output.get("Export", {}).get("Name"), str)
    }


def _key(stack: str, group: object, exported: Mapping[str, str]) -> str:
    """Return a name of `group` that is the same in the stack that has it and in those that import it."""
    if isinstance(group, str):
        return group  # an id
    text = json.dumps(group)
    imported: object = group.get("Fn::ImportValue") if isinstance(group, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return imported if isinstance(imported, str) else exported.get(text, f"{stack}/{text}")
