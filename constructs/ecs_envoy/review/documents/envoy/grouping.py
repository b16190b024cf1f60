"""Says once what differs alike in several places."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ecs_envoy.review.comment.page import code, enumeration


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something differs.

    Attributes:
        group: What it belongs to, such as a route's service; itself if it belongs to nothing.
        name: What it is called in a line, such as `lessons / Search`.

    """

    group: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """A text, and the place that it is about."""

    place: Place
    text: str


_SHOWN = 8
"""How many names a line has at most, before it only counts them."""


def grouped(found: Iterable[Found], everywhere: Sequence[Place], every: str) -> list[tuple[str, str]]:
    """Return each text once, after those that it is about: `every service`, or names.

    Args:
        found: What differs where.
        everywhere: All places where it could differ.
        every: What all of them are called, such as `every service`.

    """
    by_text: dict[str, list[Place]] = {}
    for item in found:
        by_text.setdefault(item.text, []).append(item.place)
    return [
        (_subject(list(dict.fromkeys(places)), everywhere, every), text) for text, places in by_text.items()
    ]


def _subject(places: Sequence[Place], everywhere: Sequence[Place], every: str) -> str:
    groups = _by_group(everywhere)
    if len(groups) > 1 and set(places) >= set(everywhere):
        return every
    names: list[str] = []
    for group, own in _by_group(places).items():
        whole = set(own) >= set(groups.get(group, own))
        names += [group] if whole else [place.name for place in own]
    found = [code(name) for name in dict.fromkeys(names)]
    more = [f"{len(found) - _SHOWN} more"] if len(found) > _SHOWN + 1 else []
    return enumeration([*found[:_SHOWN], *more] if more else found)


def _by_group(places: Iterable[Place]) -> Mapping[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for place in places:
        found.setdefault(place.group, []).append(place)
    return found


_LIMIT = re.compile(r"(?P<words>.+) at most (?P<values>`[^`]*` → `[^`]*`)")


def together(texts: Sequence[str]) -> list[str]:
    """Return `texts` with limits that change alike in one, as `calls and connections at most 1 → 2`."""
    by_values: dict[str, list[str]] = {}
    for text in texts:
        if found := _LIMIT.fullmatch(text):
            by_values.setdefault(found["values"], []).append(found["words"])
        else:
            by_values[text] = []
    return [
        f"{enumeration(words)} at most {values}" if words else values for values, words in by_values.items()
    ]
