"""From a file's path to a checked configuration."""

import difflib
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ecs_envoy.configuration.cross_checks import cross_checks
from ecs_envoy.configuration.document import Document, KeyPath, dotted, read_document
from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.problems import ConfigurationError, Problem
from ecs_envoy.configuration.schema import block_at, described
from ecs_envoy.settings.values import shown


def load_configuration(path: Path) -> Configuration:
    """Return the configuration in the YAML file at `path`.

    Raises:
        ConfigurationError: The file cannot be used; it names everything that is wrong,
            each with its line.

    """
    document = read_document(path)
    problems = [
        *document.problems,
        *(_problem(document, where, message) for where, message in cross_checks(document.values)),
    ]
    configuration = None
    try:
        configuration = Configuration.model_validate(document.values)
    except ValidationError as error:
        problems += (_problem(document, *finding) for finding in map(_finding, error.errors()))
    if problems or configuration is None:
        raise ConfigurationError(path, problems)
    return configuration


def _problem(document: Document, path: KeyPath, message: str) -> Problem:
    known = path
    while known and known not in document.lines:
        known = known[:-1]
    return Problem(document.lines.get(known, 1), dotted(path), message)


def _finding(error: ErrorDetails) -> tuple[KeyPath, str]:
    path = tuple(part for part in error["loc"] if part != "[key]")
    kind = error["type"]
    block = block_at(path[:-1])
    key = str(path[-1]) if path else ""
    if kind == "missing":
        return path, f"missing; give {described(block, key)}"
    if kind == "extra_forbidden":
        return path, f"unknown key; {_suggestion(key, block)}"
    if kind in {"dict_type", "model_type", "model_attributes_type"}:
        return path, f"{shown(error['input'])} is no mapping; give 'key: value' lines below it"
    if kind == "list_type":
        return path, f"{shown(error['input'])} is no list; give '- value' lines below it"
    if kind == "too_short":
        return path, "is empty; give at least one entry"
    if kind == "literal_error":
        return path, f"{shown(error['input'])} is unknown; give one of {error.get('ctx', {})['expected']}"
    return path, error["msg"]


def _suggestion(key: str, block: type[BaseModel] | None) -> str:
    keys: Iterable[str] = block.model_fields if block else ()
    close = difflib.get_close_matches(key, keys, n=1)
    return f"did you mean {close[0]}?" if close else f"give one of {', '.join(keys)}"
