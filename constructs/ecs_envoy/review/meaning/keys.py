"""What differs between two configuration files, key by key."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import yaml

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.comparison import Comparison, Configured
from ecs_envoy.review.meaning.known_keys import KnownKey, is_ours, known

_LONGEST = 120
"""How many characters of a value are shown."""


class _Loader(yaml.SafeLoader):
    """PyYAML's, but `on`, `off`, `yes` and `no` are texts, as in YAML 1.2: `on` is a key of retries."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if first in "tTfF" or not tag.endswith(":bool")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, kw_only=True)
class KeyChange:
    """A key that differs.

    Attributes:
        path: The names of it and of the blocks that it is in.
        old: Its value before; None if it was not there.
        new: Its value after; None if it is not there any more.
        meaning: What the key is, if it is one of ours.

    """

    path: tuple[str, ...]
    old: Json
    new: Json
    meaning: KnownKey | None = None

    @property
    def key(self) -> str:
        """Its path, such as `services.lessons.tasks`."""
        return ".".join(self.path)

    @property
    def text(self) -> str:
        """What differs, such as `services.lessons.tasks: 4 → {min: 4, max: 12}`."""
        old, new = self.old, self.new
        if isinstance(old, list) and isinstance(new, list):
            come, go = [item for item in new if item not in old], [item for item in old if item not in new]
            if come and go:
                old, new = go if len(go) > 1 else go[0], come if len(come) > 1 else come[0]
            elif come or go:
                items = ", ".join(f"{'+' if come else '-'} {_flow(item)}" for item in come or go)
                return code(f"{self.key}: {_short(items)}")
        default = self.meaning.default if self.meaning else None
        before = None if old is None and default is None else _or_default(old, default)
        after = None if new is None and default is None else _or_default(new, default)
        if before is None:
            said = _whole(self.key, new)
            return f"{code(said)} is new" if said == self.key else f"{code(said)}, not set before"
        if after is None:
            return f"{code(_whole(self.key, old))} is gone"
        return code(f"{self.key}: {before} → {after}")


def _or_default(value: Json, default: Json) -> str:
    return f"{_flow(default)} (default)" if value is None else _short(_flow(value))


def _whole(key: str, value: Json) -> str:
    """Return a key with its value, or alone if it is a whole block."""
    flow = _flow(value)
    return key if isinstance(value, dict) and len(flow) > _LONGEST else f"{key}: {_short(flow)}"


def key_changes(comparison: Comparison) -> list[KeyChange]:
    """Return the keys that differ between the configuration files of both sides, in their order."""
    base = comparison.base.configuration if comparison.base else None
    head = comparison.head.configuration if comparison.head else None
    if base is None or head is None or base.text == head.text:
        return []
    old, new = _values(base), _values(head)
    found = _changes((), old, new)
    if not is_ours(old) or not is_ours(new):
        return list(found)
    return [replace(change, meaning=known(change.path)) for change in found]


def _values(configured: Configured) -> Json:
    try:
        return yaml.load(configured.text, Loader=_Loader)  # noqa: S506  # one of SafeLoader's
    except yaml.YAMLError:
        return None  # a kind of YAML that only the app knows


def _changes(path: tuple[str, ...], old: Json, new: Json) -> Iterator[KeyChange]:
    if old == new:
        return
    if path[-1:] == ("policy",):  # what a policy does not say is as elsewhere: each key has a value before
        old, new = old or {}, new or {}
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _changes((*path, str(key)), old.get(key), new.get(key))
    elif path:
        yield KeyChange(path=path, old=old, new=new)


def _flow(value: Json) -> str:
    written = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, width=100_000, allow_unicode=True
    )
    return written.removesuffix("...\n").strip()


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…"
