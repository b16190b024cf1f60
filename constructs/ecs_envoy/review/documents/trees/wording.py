"""Compares two trees: what rules word, and what is left as a diff."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.documents.trees.aligned import Named, Numbered, aligned
from ecs_envoy.review.documents.trees.rules import ComesAndGoes, Rule, words_of

_SKIPPED = ("typed_config",)
"""Levels that say nothing: they are not in a rule's path."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What differs between two trees.

    Attributes:
        texts: What rules word, each once.
        diff: What no rule words: the lines of a diff, without a heading; empty if nothing is left.

    """

    texts: tuple[str, ...] = ()
    diff: str = ""


def compared(old: Json, new: Json, rules: Sequence[Rule]) -> Compared:
    """Return what differs between two trees, whatever the order in their lists."""
    texts, before, after = _walk((), *aligned(old, new), rules)
    return Compared(texts=tuple(dict.fromkeys(filter(None, texts))), diff=_diff(before, after))


_Walked = tuple[list[str], Json, Json]
"""Words, and both trees without what is equal or has words; None if nothing is left."""


def _walk(path: tuple[str, ...], old: Json, new: Json, rules: Sequence[Rule]) -> _Walked:
    if old == new:
        return [], None, None
    if path and (text := words_of(rules, [p for p in path if p not in _SKIPPED], old, new)) is not None:
        if not (isinstance(text, ComesAndGoes) and isinstance(old, dict) and isinstance(new, dict)):
            return [text], None, None
        stay = old.keys() & new.keys()
        old, new = _only(old, stay), _only(new, stay)
        texts, was, is_now = _walk_mappings(path, old, new, rules)
        return [text, *texts], was, is_now
    if not isinstance(old, dict | None) or not isinstance(new, dict | None):
        return [], old, new
    before, after = old or {}, new or {}
    if not before and not after:
        return [], old, new  # an empty message, which is or is not there
    return _walk_mappings(path, old, new, rules)


def _only(tree: dict[str, Json], keys: set[str]) -> dict[str, Json]:
    return type(tree)({key: item for key, item in tree.items() if key in keys})


def _walk_mappings(
    path: tuple[str, ...], old: dict[str, Json] | None, new: dict[str, Json] | None, rules: Sequence[Rule]
) -> _Walked:
    texts: list[str] = []
    kind = type(new if new is not None else old)
    left_old: dict[str, Json] = {}
    left_new: dict[str, Json] = {}
    for key in [*(new or {}), *(key for key in old or {} if key not in (new or {}))]:
        words, was, is_now = _walk((*path, key), (old or {}).get(key), (new or {}).get(key), rules)
        texts += words
        if was is not None:
            left_old[key] = was
        if is_now is not None:
            left_new[key] = is_now
    # A list stays one without all its items.
    make = kind if issubclass(kind, Named | Numbered) else dict[str, Json]
    return texts, (make(left_old) or None), (make(left_new) or None)


def _diff(old: Json, new: Json) -> str:
    if old is None and new is None:
        return ""
    before, after = _lines(old), _lines(new)
    lines = difflib.unified_diff(before, after, n=max(len(before), len(after)), lineterm="")
    return "\n".join(list(lines)[3:])


def _lines(tree: Json) -> list[str]:
    if tree is None:
        return []
    return yaml.safe_dump(
        _without_numbers(tree), sort_keys=True, width=1000, allow_unicode=True, default_flow_style=False
    ).splitlines()


def _without_numbers(tree: Json) -> Json:
    match tree:
        case Numbered():
            return [_without_numbers(item) for item in tree.values()]
        case dict():
            return {key: _without_numbers(item) for key, item in tree.items()}
        case list():
            return [_without_numbers(item) for item in tree]
        case _:
            return tree
