"""What differs within a value of a template, down to single values."""

from collections.abc import Iterator
from dataclasses import dataclass

from ecs_envoy.review.assembly.json_value import Json

_KEYS = ("Name", "Key", "Id", "Sid", "ContainerName", "AttributeName")
"""What tells the items of a list apart, as in `ContainerDefinitions[envoy]`; otherwise their place does."""

_INTRINSICS = ("Ref", "Fn::", "Condition")


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """A single value that differs.

    Attributes:
        path: Where it is, such as `ContainerDefinitions[envoy].Cpu`.
        old: Its value before; None if it was not there.
        new: Its value after; None if it is not there any more.

    """

    path: str
    old: Json
    new: Json


def leaves(path: str, old: Json, new: Json) -> Iterator[Leaf]:
    """Yield each single value below `path` that differs; a reference counts as a single value."""
    if old == new:
        return
    match old, new:
        case dict(), dict() if not _is_intrinsic(old) and not _is_intrinsic(new):
            for key in sorted(old.keys() | new.keys()):
                yield from leaves(f"{path}.{key}", old.get(key), new.get(key))
        case list(), list():
            yield from _in_list(path, old, new)
        case _:
            yield Leaf(path=path, old=old, new=new)


def _is_intrinsic(value: dict[str, Json]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(_INTRINSICS)


def _in_list(path: str, old: list[Json], new: list[Json]) -> Iterator[Leaf]:
    before, after = _by_key(old), _by_key(new)
    if before is not None and after is not None:
        for key in sorted(before.keys() | after.keys()):
            yield from leaves(f"{path}[{key}]", before.get(key), after.get(key))
        return
    if all(not isinstance(item, dict | list) for item in [*old, *new]):
        # Of plain values, those that come and go say more than their places.
        yield Leaf(
            path=path,
            old=[item for item in old if item not in new] or None,
            new=[item for item in new if item not in old] or None,
        )
        return
    for place in range(max(len(old), len(new))):
        yield from leaves(
            f"{path}[{place}]",
            old[place] if place < len(old) else None,
            new[place] if place < len(new) else None,
        )


def _by_key(items: list[Json]) -> dict[str, Json] | None:
    """Return the items by what tells them apart; None if nothing does."""
    for key in _KEYS:
        names = [item.get(key) for item in items if isinstance(item, dict)]
        texts = [name for name in names if isinstance(name, str)]
        if len(texts) == len(items) == len(set(texts)):
            return dict(zip(texts, items, strict=True))
    return None
