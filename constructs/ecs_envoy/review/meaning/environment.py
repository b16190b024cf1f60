"""What concerns the whole environment: versions, namespace, monitoring."""

from collections.abc import Iterator

from ecs_envoy.review.comment.page import code, enumeration
from ecs_envoy.review.comparison import Side
from ecs_envoy.review.facts.dialled import address
from ecs_envoy.review.facts.sides import Sides
from ecs_envoy.review.meaning.causes import Cause
from ecs_envoy.review.resources.changes import Kind

_BESIDE = (
    "to move without an interruption, deploy a second environment beside this one, move the clients, and "
    "delete this one"
)


def environment_causes(sides: Sides) -> Iterator[Cause]:
    """Yield what concerns the whole environment."""
    yield from _libraries(sides)
    yield from _namespaces(sides)
    yield from _monitoring(sides)


def _libraries(sides: Sides) -> Iterator[Cause]:
    old, new = sides.base.assembly.libraries, sides.head.assembly.libraries
    changed = [
        f"{code(name)} {old[name]} → {new[name]}"
        for name in sorted(old.keys() & new.keys())
        if old[name] != new[name]
    ]
    if changed:
        yield Cause(
            text=f"other versions: {enumeration(changed)}",
            consequences=(
                "what differs below and has no other cause comes from it"
                if sides.changes
                else "the templates are the same",
            ),
        )


def _namespaces(sides: Sides) -> Iterator[Cause]:
    for change in sides.changes:
        if not change.type.startswith("AWS::ServiceDiscovery::") or not change.type.endswith("Namespace"):
            continue
        if change.old is None or change.new is None:
            continue
        old, new = (d.get("Properties", {}).get("Name") for d in (change.old, change.new))
        if not isinstance(old, str) or not isinstance(new, str) or old == new:
            continue
        dialled = [
            f"clients dial {code(now)} instead of {code(before)}"
            for was, service in sides.services
            if service.is_proxy
            and (before := address(sides.base, was))
            and (now := address(sides.head, service))
            and before != now
        ]
        moved = any(
            c.type == "AWS::ServiceDiscovery::Service" and c.kind is Kind.REPLACED for c in sides.changes
        )
        yield Cause(
            text=f"the namespace {code(old)} is now called {code(new)}",
            consequences=(
                "AWS cannot rename one: it makes a new one, and everything registers there anew",
                *dialled,
                *(["every service with a name in it gets a new one, and rolls"] if moved else []),
                _BESIDE,
            ),
            keys=("namespace.name",),
        )


def _monitoring(sides: Sides) -> Iterator[Cause]:
    gone = set(sides.comparison.changes.stacks_removed)
    for name, words in (
        ("AWS::CloudWatch::Dashboard", "dashboard"),
        ("AWS::APS::Workspace", "Prometheus workspace"),
        ("AWS::XRay::SamplingRule", "sampling rule of traces"),
    ):
        before, after = _count(sides.base, name), _count(sides.head, name)
        if (before == 0) == (after == 0):
            continue
        comes = after > 0
        number = max(before, after)
        alarms = _count(sides.head if comes else sides.base, "AWS::CloudWatch::Alarm")
        with_alarms = f" and {alarms} alarm{_s(alarms)}" if alarms and words == "dashboard" else ""
        what = f"{number} {words}{_s(number)}{with_alarms}"
        left = not comes and any(c.type == name and c.stack in gone for c in sides.changes)
        consequences = ["nobody sees or hears of the proxy by them any more"] if not comes else []
        if left:
            consequences = ["they stay in AWS until their stack is deleted, but nobody feeds or changes them"]
        yield Cause(
            text=f"{what} {_verb(comes, number == 1 and not with_alarms)}",
            consequences=tuple(consequences),
            keys=("telemetry.cloudwatch", "telemetry.prometheus", "telemetry.tracing"),
        )


def _verb(comes: bool, one: bool) -> str:
    if comes:
        return "comes" if one else "come"
    return "leaves the app" if one else "leave the app"


def _s(number: int) -> str:
    return "" if number == 1 else "s"


def _count(side: Side, name: str) -> int:
    return sum(definition["Type"] == name for definition in side.template["Resources"].values())
