"""Alarms that go, or that ring later or to fewer than before."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.comment.page import code, enumeration
from ecs_envoy.review.facts.sides import Sides
from ecs_envoy.review.facts.values import block, entries, items
from ecs_envoy.review.resources.changes import Kind, ResourceChange
from ecs_envoy.review.sections import Care, CareKind

_ALARMS = {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"}


def weaker_alarms(sides: Sides) -> Iterator[Care]:
    """Yield alarms that go without another one in their place, and those that are weaker."""
    alarms = [change for change in sides.changes if change.type in _ALARMS]
    yield from _gone(sides, alarms)
    for change in alarms:
        if change.old and change.new and change.kind is not Kind.ORPHANED:
            weaker = list(_weaker(change.old.get("Properties", {}), change.new.get("Properties", {})))
            if weaker:
                yield Care(
                    kind=CareKind.WEAKENING,
                    text=f"the alarm {code(_name(change))} {enumeration(weaker)}",
                    place=change.path,
                )


def _gone(sides: Sides, alarms: list[ResourceChange]) -> Iterator[Care]:
    # One that watches the same metric in the same way is the same alarm by another name.
    others = Counter(_watches(change.new) for change in alarms if change.kind is Kind.ADDED)
    stay = {now.id for _, now in sides.services}
    gone_services = {s.name for s in sides.base.services.values() if sides.id_now(s.id) not in stay}
    lost: list[ResourceChange] = []
    for change in alarms:
        if change.kind is not Kind.REMOVED:
            continue
        watched = _watches(change.old)
        if others[watched]:
            others[watched] -= 1
        elif not gone_services & set(re.split(r"[^\w-]+|_", _name(change))):
            lost.append(change)
    if lost:
        names = [code(_name(change)) for change in lost]
        shown = enumeration([*names[:5], f"{len(names) - 5} more"] if len(names) > 6 else names)
        many = len(names) > 1
        yield Care(
            kind=CareKind.WEAKENING,
            text=f"the alarm{'s' if many else ''} {shown} go{'' if many else 'es'}: nobody is told any more",
            place=lost[0].stack,
        )


def _name(change: ResourceChange) -> str:
    properties: Mapping[str, Any] = (change.old or change.new or {}).get("Properties", {})
    name = properties.get("AlarmName")
    return name if isinstance(name, str) else change.path.rpartition("/")[2]


def _watches(alarm: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return what makes two alarms the same: their metrics' kinds, comparison and threshold."""
    properties: Mapping[str, Any] = (alarm or {}).get("Properties", {})
    metrics = sorted(
        str(block(entry, "MetricStat", "Metric").get("MetricName", "")).partition(".")[0]
        for entry in entries(properties, "Metrics")
    )
    own = [
        str(properties.get(name))
        for name in ("Namespace", "MetricName", "ComparisonOperator", "Threshold", "AlarmRule")
    ]
    return (*own, *metrics)


def _weaker(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before, after = _number(old.get("Threshold")), _number(new.get("Threshold"))
    rises = str(new.get("ComparisonOperator", "")).startswith("GreaterThan")
    falls = str(new.get("ComparisonOperator", "")).startswith("LessThan")
    if (
        before is not None
        and after is not None
        and ((rises and after > before) or (falls and after < before))
    ):
        yield f"rings {'above' if rises else 'below'} {after:g} instead of {before:g}"
    first = _number(old.get("DatapointsToAlarm", old.get("EvaluationPeriods")))
    second = _number(new.get("DatapointsToAlarm", new.get("EvaluationPeriods")))
    if first is not None and second is not None and second > first:
        yield f"rings after {second:g} bad periods instead of {first:g}"
    if old.get("ActionsEnabled", True) is not False and new.get("ActionsEnabled", True) is False:
        yield "tells nobody any more, since its actions are off"
    elif fewer := [action for action in _actions(old) if action not in _actions(new)]:
        told = "nobody" if not _actions(new) else f"{len(fewer)} fewer"
        yield f"tells {told} when it rings"
    if old.get("TreatMissingData") == "breaching" != new.get("TreatMissingData"):
        yield "no longer rings when its metric is missing"


def _actions(alarm: Mapping[str, Any]) -> list[Json]:
    return items(alarm, "AlarmActions")


def _number(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
