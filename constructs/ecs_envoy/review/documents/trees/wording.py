"""Compares two trees: what rules word, and what is left as a diff."""

from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.documents.trees.aligned import Numbered, aligned
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
    texts, lines = _walk((), *aligned(old, new), rules)
    return Compared(texts=tuple(dict.fromkeys(filter(None, texts))), diff="\n".join(lines))


_Walked = tuple[list[str], list[str]]
"""Words, and the lines of a diff of what has none."""


def _walk(path: tuple[str, ...], old: Json, new: Json, rules: Sequence[Rule]) -> _Walked:
    """Return what differs below `path`; the lines are those below the name of the last level."""
    if old == new:
        return [], []
    texts: list[str] = []
    if path and (text := words_of(rules, [p for p in path if p not in _SKIPPED], old, new)) is not None:
        if not (isinstance(text, ComesAndGoes) and isinstance(old, dict) and isinstance(new, dict)):
            return [text], []
        stay = old.keys() & new.keys()
        old, new = _only(old, stay), _only(new, stay)
        texts.append(text)
        if old == new:
            return texts, []
    if not _is_mapping(old) or not _is_mapping(new) or not (old or new):
        return texts, _leaf(old, new)
    before, after = _mapping(old), _mapping(new)
    lines: list[str] = []
    is_list = isinstance(new if new is not None else old, Numbered)
    for key in [*after, *(key for key in before if key not in after)]:
        was, is_now = before.get(key), after.get(key)
        words, below = _walk((*path, key), was, is_now, rules)
        texts += words
        lines += _as_item(below) if is_list else _with_name(f"{_plain(key)}:", was, is_now, below)
    return texts, lines


def _only(tree: dict[str, Json], keys: set[str]) -> dict[str, Json]:
    return type(tree)({key: item for key, item in tree.items() if key in keys})


def _is_mapping(value: Json) -> bool:
    return value is None or isinstance(value, dict)


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _as_item(below: Sequence[str]) -> list[str]:
    """Return the lines of an item of a list, as YAML writes it: the first one with a hyphen."""
    return [f"{line[0]}{'  ' if number else '- '}{line[1:]}" for number, line in enumerate(below)]


def _with_name(name: str, old: Json, new: Json, below: Sequence[str]) -> list[str]:
    """Return the lines below a name with the name: before them, or before a single value in its line."""
    if not below:
        return []
    if not any(isinstance(value, dict | list) and value for value in (old, new)):
        return [f"{line[0]}{name} {line[1:]}" for line in below]
    sign = "+" if old is None else "-" if new is None else " "
    return [f"{sign}{name}", *(f"{line[0]}  {line[1:]}" for line in below)]


def _leaf(old: Json, new: Json) -> list[str]:
    """Return the lines of values that differ, and that no mapping on both sides takes apart."""
    return [*(f"-{line}" for line in _yaml(old)), *(f"+{line}" for line in _yaml(new))]


def _yaml(value: Json) -> list[str]:
    if value is None:
        return []
    text = yaml.safe_dump(_without_kinds(value), width=1000, allow_unicode=True, default_flow_style=False)
    return text.removesuffix("...\n").splitlines()


def _plain(key: str) -> str:
    return yaml.safe_dump(key, width=1000, allow_unicode=True).removesuffix("...\n").strip()


def _without_kinds(tree: Json) -> Json:
    match tree:
        case Numbered():
            return [_without_kinds(item) for item in tree.values()]
        case dict():
            return {key: _without_kinds(item) for key, item in tree.items()}
        case list():
            return [_without_kinds(item) for item in tree]
        case _:
            return tree
