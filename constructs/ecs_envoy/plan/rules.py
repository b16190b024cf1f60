"""Rules that settings have to keep to: YAML and constructs go through the same ones."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from envoy_config.settings_error import Finding

_Subject = TypeVar("_Subject")

Rule = Callable[[_Subject], Iterator[Finding]]


def broken(rules: tuple[Rule[_Subject], ...], subject: _Subject) -> Iterator[Finding]:
    """Yield what `rules` find, each with the path of a setting and what would be right."""
    for rule in rules:
        yield from rule(subject)
