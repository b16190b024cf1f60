"""Rules: which words a difference at a path of a tree has."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.documents.trees.aligned import Numbered
from ecs_envoy.review.documents.trees.shown import shown

Say = Callable[[Json, Json], str | None]
"""Words a difference from its values before and after; None if it is for the rules below to word."""

Show = Callable[[Json], str]

WHERE = "{*}"
"""Stands in words for the name that the last `*` of the rule's path matches."""


class ComesAndGoes(str):
    """Words about what comes and goes in a list or a mapping; what stays in it may differ, too."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Which words a difference has.

    Attributes:
        path: Where it is: names with slashes between them; `*` is one name, `**` any number of them.
        say: The words.

    """

    path: str
    say: Say


def rule(path: str, say: Say) -> Rule:
    """Return a rule, in a form that makes a table of them readable."""
    return Rule(path=path, say=say)


def words_of(rules: Sequence[Rule], path: Sequence[str], old: Json, new: Json) -> str | None:
    """Return the words of the first rule that has some for this difference; None if no rule has."""
    # A name may have slashes of its own.
    whole = "\n".join(path)
    for candidate in rules:
        found = _pattern(candidate.path).fullmatch(whole)
        if found and (text := candidate.say(old, new)) is not None:
            named = text.replace(WHERE, code(found[found.lastindex]), 1) if found.lastindex else text
            return ComesAndGoes(named) if isinstance(text, ComesAndGoes) else named
    return None


@cache
def _pattern(path: str) -> re.Pattern[str]:
    parts = {"**": "(?:.+\n)?", "*": "([^\n]+)\n"}
    text = "".join(parts.get(part, re.escape(part) + "\n") for part in path.split("/"))
    # The last name has no end of line.
    return re.compile(text.removesuffix("\n") if not text.endswith("?") else f"{text}[^\n]+", re.DOTALL)


def value(words: str, show: Show = shown, *, default: str = "Envoy's default") -> Say:
    """Return words such as `connect timeout 1s → 2s`; `default` stands where there is no value."""

    def say(old: Json, new: Json) -> str:
        return f"{words} {_or(show, old, default)} → {_or(show, new, default)}"

    return say


def single(words: str) -> Say:
    """Return the words of `value` for a single value, and none for a mapping or a list."""
    whole = value(words)

    def say(old: Json, new: Json) -> str | None:
        is_single = not isinstance(old, dict | list) and not isinstance(new, dict | list)
        return whole(old, new) if is_single else None

    return say


def instead(words: str, show: Show = shown, *, default: str = "none") -> Say:
    """Return words such as `health check grpc instead of http2`."""

    def say(old: Json, new: Json) -> str:
        return f"{words} {_or(show, new, default)} instead of {_or(show, old, default)}"

    return say


def _or(show: Show, found: Json, default: str) -> str:
    if found is not None:
        return code(show(found))
    # A value that holds where none is given, unlike words about it.
    is_value = default[:1].isdigit() or default.isupper() or default in {"true", "false"}
    return code(default) if is_value else default


def presence(words: str, show: Show | None = None) -> Say:
    """Return words such as `TLS added`, where something comes or goes; with `show`, also what it is."""

    def say(old: Json, new: Json) -> str | None:
        if old is not None and new is not None:
            return None
        found = new if old is None else old
        detail = f": {code(show(found))}" if show and show(found) else ""
        return f"{words} {'added' if old is None else 'removed'}{detail}"

    return say


_SHOWN = 5
"""How many names of what comes or goes are shown; how many there are is said in any case."""


def items(one: str, many: str, show: Show = shown, *, of: str = "") -> Say:
    """Return words such as `+1 host a.example.com, -2 hosts b, c`, of lists; after the words `of`."""

    def say(old: Json, new: Json) -> str | None:
        before, after = _texts(old, show), _texts(new, show)
        gained = [item for item in after if item not in before]
        lost = [item for item in before if item not in after]
        found = [_counted("+", gained, one, many), _counted("-", lost, one, many)]
        text = ", ".join(filter(None, found))
        return ComesAndGoes(f"{of}{text}") if text else None

    return say


def _texts(found: Json, show: Show) -> list[str]:
    match found:
        case list():
            return [show(item) for item in found]
        case Numbered():
            return [show(item) for item in found.values()]
        case dict():
            return [show(name) for name in found]
        case None:
            return []
        case _:
            return [show(found)]


def _counted(sign: str, found: Sequence[str], one: str, many: str) -> str:
    if not found:
        return ""
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return (
        f"{sign}{len(found)} {one if len(found) == 1 else many} {', '.join(map(code, found[:_SHOWN]))}{more}"
    )


def added_and_removed(words: str) -> Say:
    """Return words such as `port 50052 added`, of lists; `port 1 → 2` where one takes another's place."""

    def say(old: Json, new: Json) -> str | None:
        before, after = _texts(old, shown), _texts(new, shown)
        gained = [item for item in after if item not in before]
        lost = [item for item in before if item not in after]
        if len(gained) == len(lost) == 1:
            return f"{words} {code(lost[0])} → {code(gained[0])}"
        found = [f"{words} {code(item)} added" for item in gained]
        found += [f"{words} {code(item)} removed" for item in lost]
        return ", ".join(found) or None

    return say


def statement(words: str) -> Say:
    """Return the same words for every difference, such as `the drain script differs`."""
    return lambda _old, _new: words


def silent(_old: Json, _new: Json) -> str:
    """Say nothing: what differs here follows from what another rule words."""
    return ""


def silent_presence(old: Json, new: Json) -> str | None:
    """Say nothing where something comes or goes with what another rule words."""
    return "" if old is None or new is None else None
