"""A part of an imported file: typed access, by which every mistake has its path, and what nobody read."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import cast

from envoy_config.values import shown

Json = dict[str, object]

_SECONDS = re.compile(r"(\d{1,12})(?:\.(\d{1,9}))?s")
_UNITS = {"s": timedelta(seconds=1), "ms": timedelta(milliseconds=1)}
_LONGEST = timedelta(days=36500)
_UNUSABLE = re.compile(r"[\ud800-\udfff\0]|[$#]\{Token\[")
"""What no configuration may hold: half a character, a NUL byte, and what the CDK would replace."""


class BadImportError(ValueError):
    """A file cannot be imported; the message says where, what is there, and what would be right."""


class Part:
    """A mapping in an imported file.

    Attributes:
        values: Its values.
        path: Where it is in the file, such as `[2].virtualNode.spec`.

    """

    def __init__(self, values: Json, path: str) -> None:
        self.values = values
        self.path = path
        self._read: set[str] = set()
        self._parts: list[Part] = []

    def has(self, key: str) -> bool:
        """Return whether `key` has a value."""
        return self.values.get(key) is not None

    def __getitem__(self, key: str) -> "Part":
        """Return the mapping at `key`; an empty one if there is none."""
        return self._part(self._value(key), self.at(key)) if self.has(key) else Part({}, self.at(key))

    def parts(self, key: str) -> list["Part"]:
        """Return the mappings in the list at `key`."""
        return [self._part(value, f"{self.at(key)}[{index}]") for index, value in enumerate(self._list(key))]

    def named(self, key: str) -> dict[str, "Part"]:
        """Return the mappings in the mapping at `key`."""
        found = self[key]
        return {name: found[name] for name in found.values if found.has(name)}

    def texts(self, key: str) -> list[str]:
        """Return the texts in the list at `key`."""
        return [self._text(value, f"{self.at(key)}[{index}]") for index, value in enumerate(self._list(key))]

    def text(self, key: str) -> str | None:
        """Return the text at `key`, if there is one."""
        return self._text(self._value(key), self.at(key)) if self.has(key) else None

    def needed(self, key: str) -> str:
        """Return the text at `key`, which has to be there."""
        if (found := self.text(key)) is None:
            raise BadImportError(
                f"{self.at(key)}: missing; give a text, as in the file that AWS or Envoy reads"
            )
        return found

    def number(self, key: str) -> float | None:
        """Return the number at `key`, if there is one; JSON has long ones as text, too."""
        if not self.has(key):
            return None
        value = self._value(key)
        if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}(\.\d{1,9})?", value):
            value = float(value) if "." in value else int(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e18:
            raise BadImportError(f"{self.at(key)}: {shown(value)} is not a number; give one such as 3")
        return value

    def whole(self, key: str) -> int | None:
        """Return the whole number at `key`, if there is one."""
        found = self.number(key)
        return None if found is None else round(found)

    def flag(self, key: str) -> bool | None:
        """Return the truth value at `key`, if there is one."""
        if not self.has(key):
            return None
        value = self._value(key)
        if not isinstance(value, bool):
            raise BadImportError(f"{self.at(key)}: {shown(value)} is not true or false; give one of them")
        return value

    def seconds(self, key: str) -> timedelta | None:
        """Return the time at `key` as Envoy writes one, such as `1.500s`."""
        found = self.text(key)
        if found is None:
            return None
        if not (match := _SECONDS.fullmatch(found)):
            raise BadImportError(f"{self.at(key)}: {shown(found)} is not a time; give one such as 1.5s")
        micro = int((match[2] or "0").ljust(9, "0")) // 1000
        return min(timedelta(seconds=min(int(match[1]), 3_000_000_000), microseconds=micro), _LONGEST)

    def time(self, key: str) -> timedelta | None:
        """Return the time at `key` as App Mesh writes one: `{"unit": "ms", "value": 250}`."""
        if not self.has(key):
            return None
        part = self[key]
        unit, value = part.needed("unit"), part.number("value")
        if unit not in _UNITS or value is None or not 0 <= value < 1e9:
            raise BadImportError(
                f"{self.at(key)}: {shown(part.values)} is not a time; "
                'give one such as {"unit": "s", "value": 3}'
            )
        return value * _UNITS[unit]

    def ignore(self, *keys: str) -> None:
        """Note that `keys` were looked at, or that they do not matter."""
        self._read.update(keys)

    def unread(self) -> Iterator[str]:
        """Yield the path of each value that nobody read."""
        for key, value in self.values.items():
            if key not in self._read and value not in (None, [], {}):
                yield self.at(key)
        for part in self._parts:
            yield from part.unread()

    def at(self, key: str) -> str:
        """Return the path of `key`."""
        return f"{self.path}.{key}" if self.path else key

    def _value(self, key: str) -> object:
        self._read.add(key)
        return self.values[key]

    def _list(self, key: str) -> list[object]:
        if not self.has(key):
            return []
        value = self._value(key)
        if not isinstance(value, list):
            raise BadImportError(f"{self.at(key)}: {shown(value)} is not a list; give one in [ ]")
        return cast("list[object]", value)

    def _part(self, value: object, path: str) -> "Part":
        if not isinstance(value, dict):
            raise BadImportError(f"{path}: {shown(value)} is not a mapping; give keys with values")
        known = next((part for part in self._parts if part.path == path), None)
        if known is None:
            known = Part(cast("Json", value), path)
            self._parts.append(known)
        return known

    def _text(self, value: object, path: str) -> str:
        if not isinstance(value, str) or _UNUSABLE.search(value):
            raise BadImportError(f"{path}: {shown(value)} is not a text; give one in quotes")
        return value
