"""Reads the file that is imported: JSON documents one after another, or YAML."""

import json
import re
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any, NoReturn, cast

import yaml

from ecs_envoy.importing.part import BadImportError

MAX_MIB = 16
"""A describe output of App Mesh takes some 2 KiB, so this holds a mesh of thousands."""

MAX_LEVELS = 60
"""Envoy's own messages are nested some 30 levels deep."""

_SPACE = re.compile(r"[\s,]*")


def read_documents(path: Path) -> list[object]:
    """Return the JSON or YAML documents in the file at `path`.

    JSON documents may follow one another, as a shell loop writes them.

    Raises:
        BadImportError: The file cannot be read, is empty, or is neither JSON nor YAML.

    """
    text = _text(path)
    try:
        found = list(_json(text) if text.lstrip().startswith(("{", "[")) else _yaml(text))
        _check_levels(found)
    except RecursionError:
        raise BadImportError(
            f"nested deeper than {MAX_LEVELS} levels; give the file as it was exported"
        ) from None
    if not found:
        raise BadImportError("empty; give the file that AWS's CLI wrote, or an Envoy bootstrap")
    return found


def _text(path: Path) -> str:
    try:
        if path.is_dir():
            raise BadImportError("is a folder; give the path of a JSON or YAML file in it")
        with path.open("rb") as file:
            content = file.read(MAX_MIB * 2**20 + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, BadImportError):
            raise
        reason = error.strerror if isinstance(error, OSError) else error
        raise BadImportError(f"cannot be read: {reason}; give a JSON or YAML file") from None
    if len(content) > MAX_MIB * 2**20:
        raise BadImportError(f"is larger than {MAX_MIB} MiB; give the file of one mesh, or of one Envoy")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadImportError(f"line {line}: is not text in UTF-8; save it as UTF-8") from None


def _json(text: str) -> Iterator[object]:
    decoder = json.JSONDecoder(parse_constant=_no_number, object_pairs_hook=_object)
    position = 0
    while (position := cast("re.Match[str]", _SPACE.match(text, position)).end()) < len(text):
        try:
            value, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            cure = "give what `aws --output json` wrote, one output after another"
            raise BadImportError(f"line {error.lineno}: not valid JSON: {error.msg}; {cure}") from None
        except BadImportError:
            raise
        except ValueError as error:  # a number of thousands of digits
            raise BadImportError(f"not valid JSON: {error}") from None
        yield value


def _no_number(name: str) -> NoReturn:
    raise BadImportError(f"not valid JSON: {name} is not a number; give one such as 3")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key in found if sum(key == other for other, _ in pairs) > 1)
        raise BadImportError(f"the key {twice!r} is given twice in one object; remove one of them")
    return found


class _Loader(yaml.SafeLoader):
    """Refuses a key that is given twice; dates and base 60 stay text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                cure = "put --- between two outputs, or let `aws --output json` write them"
                raise BadImportError(f"line {key.start_mark.line + 1}: {name!r} is given twice; {cure}")
            seen.add(name)
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith((":timestamp", ":merge"))]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _yaml(text: str) -> Iterator[object]:
    try:
        # Bootstraps are often written with anchors, so aliases are read.
        yield from (value for value in yaml.load_all(text, Loader=_Loader) if value is not None)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"line {mark.line + 1}: " if mark else ""
        raise BadImportError(
            f"{line}not valid YAML: {error.problem or error.context}; give JSON or YAML"
        ) from None
    except BadImportError:
        raise
    except (yaml.YAMLError, ValueError, OverflowError, TypeError) as error:
        raise BadImportError(f"not valid YAML: {' '.join(str(error).split())}; give JSON or YAML") from None


def _check_levels(value: object, level: int = 0) -> None:
    """Refuse what is nested too deeply, and a YAML alias that holds itself."""
    if level > MAX_LEVELS:
        raise RecursionError
    if isinstance(value, dict):
        for part in cast("dict[object, object]", value).values():
            _check_levels(part, level + 1)
    elif isinstance(value, list):
        for part in cast("list[object]", value):
            _check_levels(part, level + 1)
