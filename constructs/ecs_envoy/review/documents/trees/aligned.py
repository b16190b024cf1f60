"""Brings two trees into an order in which they can be compared: that of their names, not of their lists."""

from collections.abc import Mapping, Sequence

from ecs_envoy.review.assembly.json_value import Json


class Named(dict[str, Json]):
    """The items of a list by their names."""


class Numbered(dict[str, Json]):
    """The items of a list that have no names, or not each its own; equal ones of both sides have one key."""


_NAMES = (
    "name",
    "job_name",
    "tag_name",
    "container_name",
    "identifier",
    "key",
    "Sid",
    "Name",
    "Key",
    "Id",
    "id",
)
"""What tells the items of a list apart."""


def aligned(old: Json, new: Json) -> tuple[Json, Json]:
    """Return both trees with their lists in one order.

    A list of named things becomes `Named`, another list of mappings `Numbered`. A list of plain values is
    sorted, and stays a list.
    """
    match old, new:
        case dict() | None, dict() | None:
            return _mappings(old, new)
        case list() | None, list() | None:
            return _lists(old or [], new or [], both=(old is not None, new is not None))
        case _:
            return (old if new is None else aligned(old, None)[0] if isinstance(old, dict | list) else old), (
                aligned(None, new)[1] if isinstance(new, dict | list) else new
            )


def _mappings(old: dict[str, Json] | None, new: dict[str, Json] | None) -> tuple[Json, Json]:
    before: dict[str, Json] = {}
    after: dict[str, Json] = {}
    for key in sorted((old or {}).keys() | (new or {}).keys()):
        was, is_now = aligned((old or {}).get(key), (new or {}).get(key))
        if old is not None and key in old:
            before[key] = was
        if new is not None and key in new:
            after[key] = is_now
    return (before if old is not None else None), (after if new is not None else None)


def _lists(old: Sequence[Json], new: Sequence[Json], *, both: tuple[bool, bool]) -> tuple[Json, Json]:
    before: Json
    after: Json
    if all(isinstance(item, dict) for item in [*old, *new]) and (old or new):
        named = _by_name(old), _by_name(new)
        if named[0] is not None and named[1] is not None:
            found = _mappings(named[0], named[1])
            before, after = Named(_mapping(found[0])), Named(_mapping(found[1]))
        else:
            found = _mappings(*_by_number(old, new))
            before, after = Numbered(_mapping(found[0])), Numbered(_mapping(found[1]))
    else:
        before, after = sorted(old, key=_rank), sorted(new, key=_rank)
    return (before if both[0] else None), (after if both[1] else None)


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _by_name(items: Sequence[Json]) -> dict[str, Json] | None:
    """Return the items by their names; None if one has none, or if two have the same."""
    found: dict[str, Json] = {}
    for item in items:
        name = name_of(item)
        if name is None or name in found:
            return None
        # Its name stands before it.
        found[name] = (
            {k: v for k, v in item.items() if k != _name_key(item)} if isinstance(item, dict) else item
        )
    return found


def name_of(item: Json) -> str | None:
    """Return what an item of a list is called; None if nothing tells it apart."""
    if not isinstance(item, dict):
        return None
    if key := _name_key(item):
        return str(item[key])
    header = item.get("header")  # of Envoy's lists of headers to add
    return name_of(header) if isinstance(header, Mapping) else None


def _name_key(item: Mapping[str, Json]) -> str | None:
    return next((key for key in _NAMES if isinstance(item.get(key), str | int)), None)


def _by_number(old: Sequence[Json], new: Sequence[Json]) -> tuple[dict[str, Json], dict[str, Json]]:
    """Return both lists by numbers: first what is equal in both, then the rest in its order."""
    rest = list(new)
    equal: list[Json] = []
    differing: list[Json] = []
    for item in old:
        if item in rest:
            rest.remove(item)
            equal.append(item)
        else:
            differing.append(item)
    return (
        {f"{number:04}": item for number, item in enumerate([*equal, *differing])},
        {f"{number:04}": item for number, item in enumerate([*equal, *rest])},
    )


def _rank(value: Json) -> tuple[int, float, str]:
    if isinstance(value, int | float):
        return 0, float(value), ""
    return 1, 0.0, str(value)
