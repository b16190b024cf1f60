"""Rules that settings must keep. YAML files and constructs are checked by the same rules."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from envoy_config.settings_error import Finding

_Subject = TypeVar("_Subject")

Rule = Callable[[_Subject], Iterator[Finding]]


def rule_findings(rules: tuple[Rule[_Subject], ...], subject: _Subject) -> Iterator[Finding]:
    """Yield what `rules` find: the path of each wrong setting, what is wrong, and what to give instead."""
    for rule in rules:
        yield from rule(subject)
