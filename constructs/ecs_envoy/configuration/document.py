"""A YAML file as plain values, each with the line that it stands on."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml

from ecs_envoy.configuration.problems import ConfigurationError, Problem

KeyPath = tuple[str | int, ...]

_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)")


@dataclass(frozen=True)
class Document:
    """What a YAML file holds.

    Attributes:
        values: The file's mapping.
        lines: The line, from 1, of each key and list item, by its path.
        problems: Keys that are given twice, and keys that are no text.

    """

    values: dict[str, object]
    lines: dict[KeyPath, int]
    problems: tuple[Problem, ...]


def read_document(path: Path) -> Document:
    """Read the YAML file at `path`.

    Raises:
        ConfigurationError: It is missing, unreadable, no text, empty, no valid YAML, no
            mapping, or uses aliases.

    """
    text = _text(path)
    try:
        _refuse_aliases(path, text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is None:
            raise _whole(path, "empty; give the keys that config/schema.json describes")
        if not isinstance(root, yaml.MappingNode):
            raise _whole(
                path, "holds no mapping; give 'key: value' lines, such as 'environment: dev'", line=1
            )
        reader = _Reader()
        values = reader.mapping(root, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(filter(None, (error.context, error.problem))) or "cannot be read"
        raise _whole(path, f"not valid YAML: {what}", line=mark.line + 1 if mark else 0) from None
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, ConfigurationError):
            raise
        raise _whole(path, f"not valid YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise _whole(path, "nested too deeply; three or four levels are all it takes") from None
    return Document(values, reader.lines, tuple(reader.problems))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise _whole(
            path, "no such file; give the path of a YAML file, such as config/example.yaml"
        ) from None
    except IsADirectoryError:
        raise _whole(path, "is a folder; give the path of a YAML file in it") from None
    except UnicodeDecodeError:
        raise _whole(path, "is no text; give a YAML file in UTF-8") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise _whole(path, f"cannot be read: {reason}; give a YAML file that this user may read") from None


def _refuse_aliases(path: Path, text: str) -> None:
    # A few lines of aliases can stand for gigabytes, and a reviewer should read the value where it is used.
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark else 0
            raise _whole(path, f"uses the alias '*{event.anchor}'; write the value out", line=line)


def _whole(path: Path, message: str, *, line: int = 0) -> ConfigurationError:
    return ConfigurationError(path, [Problem(line, "", message)])


class _Reader:
    """Turns YAML's nodes into plain values and remembers their lines."""

    def __init__(self) -> None:
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[Problem] = []
        self._scalars = yaml.constructor.SafeConstructor()

    def mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, object]:
        values: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(line, dotted(path), "a key is no text; give a plain name"))
                continue
            key = str(key_node.value)
            here = (*path, key)
            if key in values:
                first = self.lines[here]
                self.problems.append(
                    Problem(line, dotted(here), f"given twice, first on line {first}; remove one of them")
                )
                continue
            self.lines[here] = line
            values[key] = self._value(value_node, here)
        return values

    def _value(self, node: yaml.Node, path: KeyPath) -> object:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        if node.tag == "tag:yaml.org,2002:timestamp" or (
            # YAML 1.1 reads 1:30 as 90 and 010 as 8; nobody who writes them in such a file means that.
            node.tag == "tag:yaml.org,2002:int" and not _DECIMAL.fullmatch(str(node.value))
        ):
            return str(node.value)
        try:
            return cast("object", self._scalars.construct_object(node))  # pyright: ignore[reportUnknownMemberType]
        except (yaml.YAMLError, ValueError, LookupError, AttributeError):
            return str(node.value)  # a tag that its own value contradicts, such as !!int abc


def dotted(path: KeyPath) -> str:
    """Return `path` as a reader writes it: `services.lessons.grpc_services[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
