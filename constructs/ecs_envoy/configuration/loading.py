"""Loads and checks a configuration file."""

from collections.abc import Iterable
from pathlib import Path

from ecs_envoy.configuration.checks import check
from ecs_envoy.configuration.document import Document, read_document
from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.problems import ConfigurationError, Problem
from envoy_config.settings_error import Finding, KeyPath, dotted


def load_configuration(path: Path) -> Configuration:
    """Return the configuration in the YAML file at `path`.

    Raises:
        ConfigurationError: The file cannot be used; the message has each mistake with its line.

    """
    document = read_document(path)
    configuration, findings = check(document.values)
    problems = [*document.problems, *(_problem(document, *finding) for finding in findings)]
    if problems or configuration is None:
        raise ConfigurationError(path, problems)
    return configuration


def located(path: Path, findings: Iterable[Finding]) -> ConfigurationError:
    """Return an error with the line of each of `findings`, which were found after the file was loaded."""
    document = read_document(path)
    return ConfigurationError(path, [_problem(document, *finding) for finding in findings])


def _problem(document: Document, path: KeyPath, message: str) -> Problem:
    known = path
    while known and known not in document.lines:
        known = known[:-1]
    return Problem(document.lines.get(known, 1), dotted(path), message)
