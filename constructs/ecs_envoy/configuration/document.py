"""Reads a YAML file as plain values, each with its line.

It accepts only YAML that a reviewer understands at once: no tags, aliases or merge keys, and one document. It
works on the parser's events, so that it can stop reading a hostile file early.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from ecs_envoy.configuration.file_text import read_text, refused
from ecs_envoy.configuration.problems import ConfigurationError, Problem
from envoy_config.settings_error import KeyPath, dotted
from envoy_config.values import shortened

MAX_LEVELS = 20
MAX_NODES = 20_000
MAX_CHARACTERS = 65_536
"""The limit for one value: a whole task definition in ECS has at most 64 KiB."""

_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FRACTION = re.compile(r"[-+]?([0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18})")
_WORDS: dict[str, bool | None] = {
    spelled: value
    for words, value in (("~ null", None), ("true yes on", True), ("false no off", False))
    for word in words.split()
    for spelled in (word, word.capitalize(), word.upper())
} | {"": None}
_TOKEN = re.compile(r"[$#]\{Token\[")
_SURROGATE = re.compile(r"[\ud800-\udfff]")

_CURES = {
    r"'\t'": "indent with spaces",
    "cannot start any token": "put the value in quotes",
    "mapping values are not allowed": "put a value in quotes if it has ': ' in it or ends in ':'",
    "could not find expected ':'": "give 'key: value'",
}


@dataclass(frozen=True)
class Document:
    """The content of a YAML file.

    Attributes:
        values: The file's mapping.
        lines: The line, from 1, of each key and list item, by its path.
        problems: One for each key that is given twice, and for each key that is not a name.

    """

    values: dict[str, object]
    lines: dict[KeyPath, int]
    problems: tuple[Problem, ...]


def read_document(path: Path) -> Document:
    """Read the YAML file at `path`.

    Raises:
        ConfigurationError: The file cannot be read as text, is empty, is not valid YAML or not a
            mapping. Or it contains a tag, an alias, a merge key, a token of the CDK, more than one
            document, or more than a configuration can need.

    """
    text = read_text(path)
    reader = _Reader(text)
    try:
        values = reader.document()
    except _RefusedError as error:
        raise ConfigurationError(path, [*reader.refused, error.problem]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = Problem(mark.line + 1 if mark else reader.line, "", _not_yaml(error))
        raise ConfigurationError(path, [*reader.refused, problem]) from None
    except (ValueError, OverflowError):
        # An escape such as \UFFFFFFFF, or too many digits in %YAML. The parser does not say where.
        raise refused(
            path, "not valid YAML: a number is out of range; write the character itself", line=reader.line
        ) from None
    if reader.refused:
        raise ConfigurationError(path, [*reader.refused, *reader.problems])
    return Document(values, reader.lines, tuple(reader.problems))


def _not_yaml(error: yaml.MarkedYAMLError) -> str:
    description = " ".join(filter(None, (error.context, error.problem))) or "cannot be read"
    cure = next((cure for part, cure in _CURES.items() if part in description), None)
    return f"not valid YAML: {description}; {cure or 'look for a missing quote, bracket or indentation'}"


class _RefusedError(Exception):
    """Reading stops at this problem."""

    def __init__(self, line: int, message: str) -> None:
        self.problem = Problem(line, "", message)
        super().__init__(message)


class _Reader:
    """Turns YAML's events into plain values and remembers their lines.

    Attributes:
        line: The line of the current event.
        lines: The line of each key and list item, by its path.
        problems: One for each key that is wrong.
        refused: One for each value that cannot be known. If there are any, nothing else is checked.

    """

    def __init__(self, text: str) -> None:
        self.line = 1
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[Problem] = []
        self.refused: list[Problem] = []
        self._levels = 0
        self._nodes = 0
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.SafeLoader)

    def document(self) -> dict[str, object]:
        """Return the values of the only document."""
        self._next()  # the stream's start
        root = self._next() if isinstance(self._next(), yaml.DocumentStartEvent) else None
        if root is None or (isinstance(root, yaml.ScalarEvent) and not root.value):
            raise _RefusedError(0, "empty; give the keys that config/schema.json describes")
        if not isinstance(root, yaml.MappingStartEvent):
            raise _RefusedError(
                self.line, "is not a mapping; give 'key: value' lines, such as 'environment: dev'"
            )
        self._check_tag(root, ())
        values = self._mapping(())
        self._next()  # the document's end
        if isinstance(self._next(), yaml.DocumentStartEvent):
            raise _RefusedError(self.line, "a second document starts here; give each document its own file")
        return values

    def _next(self) -> yaml.Event:
        """Return the next event; refuse a file that is larger than a configuration can need."""
        event = next(self._events)
        self.line = event.start_mark.line + 1 if event.start_mark else self.line
        if isinstance(event, yaml.NodeEvent):
            self._nodes += 1
        if isinstance(event, yaml.CollectionStartEvent):
            self._levels += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            self._levels -= 1
        if self._levels > MAX_LEVELS:
            raise _RefusedError(
                self.line, f"nested deeper than {MAX_LEVELS} levels; a configuration needs only five"
            )
        if self._nodes > MAX_NODES:
            raise _RefusedError(self.line, f"the file has more than {MAX_NODES} keys and values; shorten it")
        return event

    def _mapping(self, path: KeyPath) -> dict[str, object]:
        values: dict[str, object] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            line = self.line
            key = self._key(event, path)
            if key is None:
                self._skip(self._next())
                continue
            here = (*path, key)
            if key in values:
                message = f"given twice, first on line {self.lines[here]}; remove one of them"
                self.problems.append(Problem(line, dotted(here), message))
                self._skip(self._next())
                continue
            self.lines[here] = line
            values[key] = self._value(self._next(), here)
        return values

    def _key(self, event: yaml.Event, path: KeyPath) -> str | None:
        """Return the key in `event`, as it is written; None if it cannot be a key."""
        if isinstance(event, yaml.ScalarEvent):
            if event.value == "<<" and event.implicit[0]:
                self._refuse(path, "has a merge key (<<); write the keys out")
                return None
            self._check_tag(event, path)
            self._check_text(event.value, path)
            return event.value
        if isinstance(event, yaml.AliasEvent):
            self._check_alias(event, path)
        else:
            self.problems.append(
                Problem(self.line, dotted(path), "a key is a list or a mapping; give a name")
            )
        self._skip(event)
        return None

    def _skip(self, event: yaml.Event) -> None:
        """Skip the rest of the value or key that `event` starts."""
        level = self._levels - isinstance(event, yaml.CollectionStartEvent)
        while self._levels > level:
            self._next()

    def _value(self, event: yaml.Event, path: KeyPath) -> object:
        self.lines.setdefault(path, self.line)
        self._check_tag(event, path)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        if isinstance(event, yaml.ScalarEvent):
            self._check_text(event.value, path)
            return _plain(event.value) if event.implicit[0] else event.value
        self._check_alias(event, path)
        return None

    def _sequence(self, path: KeyPath) -> list[object]:
        values: list[object] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            values.append(self._value(event, (*path, len(values))))
        return values

    def _check_tag(self, event: yaml.Event, path: KeyPath) -> None:
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._refuse(
                path,
                f"the tag {shortened(tag)} is not supported; write the value itself, in quotes if it is text",
            )

    def _check_alias(self, event: yaml.Event, path: KeyPath) -> None:
        # A few lines of aliases can expand to gigabytes, and a reviewer should see each value where it is
        # used.
        if isinstance(event, yaml.AliasEvent):
            self._refuse(path, f"uses the alias *{shortened(event.anchor or '')}; write the value out")

    def _check_text(self, text: str, path: KeyPath) -> None:
        if len(text) > MAX_CHARACTERS:
            self._refuse(path, f"a text of {len(text)} characters; give at most {MAX_CHARACTERS}")
        elif found := _TOKEN.search(text):
            self._refuse(path, f"holds {found[0]}, a token that the CDK replaces; write the value itself")
        elif "\0" in text:
            self._refuse(path, "holds a NUL byte; remove it")
        elif found := _SURROGATE.search(text):
            self._refuse(path, f"holds half of a character, U+{ord(found[0]):04X}; write the whole character")

    def _refuse(self, path: KeyPath, message: str) -> None:
        self.refused.append(Problem(self.line, dotted(path), message))


def _plain(text: str) -> object:
    """Return the value of `text`, which has no quotes.

    Numbers are decimal and have at most 18 digits. YAML 1.1 reads 1:30 as 90, 010 as 8 and 2020-01-01 as a
    date. Nobody means that in such a file, so these are text here, and so are 1e3 and .inf.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _DECIMAL.fullmatch(text):
        return int(text)
    return float(text) if _FRACTION.fullmatch(text) else text
