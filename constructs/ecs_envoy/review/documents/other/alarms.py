"""What differs in alarms, each by its name; those that only have another name are said once."""

from collections.abc import Iterator, Sequence

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.documents.other.monitoring import ALARM, alarm_text, name_of_alarm
from ecs_envoy.review.documents.trees.wording import compared
from ecs_envoy.review.resources.changes import ResourceChange

Pair = tuple[ResourceChange, dict[str, Json], dict[str, Json]]
"""A change with the properties before and after."""

_ALARMS = {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"}


def alarm_lines(pairs: Sequence[Pair]) -> Iterator[str]:
    """Yield what differs in alarms, in lines."""
    alarms = [pair for pair in pairs if pair[0].type in _ALARMS]
    new = {str(after.get("AlarmName")): pair for pair in alarms if pair[0].old is None and (after := pair[2])}
    renamed: dict[tuple[str, str], list[str]] = {}
    said: set[str] = set()
    for change, old, _ in alarms:
        if change.new is None and (found := _partner(old, new)):
            words, partner = found
            renamed.setdefault(words, []).append(str(new[partner][2]["AlarmName"]))
            said |= {change.new_id, new.pop(partner)[0].new_id}
    for (was, is_now), names in renamed.items():
        first = f"{code(names[0])}{f' and {len(names) - 1} more' if len(names) > 1 else ''}"
        yield f"{first}: named by {code(is_now)} instead of {code(was)}, else as before"
    for change, old, after in alarms:
        if change.new_id not in said:
            yield from _line(change, old, after)


def _partner(old: dict[str, Json], new: dict[str, Pair]) -> tuple[tuple[str, str], str] | None:
    """Return the word that differs, and the new alarm that is as `old` was but for that word."""
    name = str(old.get("AlarmName"))
    for other, (_, _, after) in new.items():
        before_words, after_words = name.split("_"), other.split("_")
        if len(before_words) != len(after_words):
            continue
        words = {pair for pair in zip(before_words, after_words, strict=True) if pair[0] != pair[1]}
        if len(words) == 1:
            [(was, is_now)] = words
            if alarm_text(old).replace(was, is_now) == alarm_text(after).replace(was, is_now):
                return (was, is_now), other
    return None


def _line(change: ResourceChange, old: dict[str, Json], new: dict[str, Json]) -> Iterator[str]:
    name = name_of_alarm(new or old, change.path)
    if change.old is None:
        yield f"{name} is new: {code(alarm_text(new))}"
    elif change.new is None:
        yield f"{name} is gone: {code(alarm_text(old))}"
    else:
        found = compared(old, new, ALARM)
        texts = [*found.texts, *(["other settings differ"] if found.diff else [])]
        if texts:
            yield f"{name}: {', '.join(texts)}"
