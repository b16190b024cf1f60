"""The policy of each service and method of a file, with where each value comes from."""

import itertools
import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import yaml

from ecs_envoy.configuration import Configuration
from ecs_envoy.configuration.document import Document, read_document
from ecs_envoy.configuration.plans import proxy_task_input
from ecs_envoy.plan.policy.subject import policies_of_services
from envoy_config.policy.layers import EffectivePolicy
from envoy_config.policy.merging import NOT_OF_STREAMS
from envoy_config.settings import Settings
from envoy_config.settings_error import KeyPath, dotted

WIDTH = 110
ALL_OTHERS = "(all others)"
"""The calls of a service whose method has no policy of its own."""

_ONLY_IDEMPOTENT = (("retries", "on"), ("retries", "per_try_timeout"), ("hedging", "after"))
"""What holds only for a method that is idempotent."""


@dataclass(frozen=True, kw_only=True)
class PolicyRow:
    """A setting of the calls of a method.

    Attributes:
        service: The name of the service.
        method: The method, such as `learning.v1.Lessons/List`, `learning.v1.Lessons/*`, or `ALL_OTHERS`.
        setting: The key, such as `retries.attempts`.
        value: Its value, as YAML writes it.
        source: Where it was given, such as `services.lessons.policy.timeout (line 31)`, or `default`.

    """

    service: str
    method: str
    setting: str
    value: str
    source: str


def policy_rows(config: Path, view: Configuration) -> list[PolicyRow]:
    """Return the settings of all calls of the proxy of `view`, whose file is `config`, in a stable order.

    A setting that is off is left out, unless the file says so.
    """
    places = _Places(read_document(config), view)
    return [
        PolicyRow(
            service=found.service,
            method=found.method or ALL_OTHERS,
            setting=dotted(key),
            value=yaml_value(value),
            source=source,
        )
        for service in sorted(
            policies_of_services(proxy_task_input(view)), key=lambda policies: policies.name
        )
        for found in service.methods
        for key, value, source in _settings(found, places)
    ]


class _Places:
    """Where values stand in a file."""

    def __init__(self, document: Document, view: Configuration) -> None:
        self._document = document
        self._existing = view.existing_services

    def path(self, path: KeyPath) -> KeyPath:
        """Return the path in the file of `path`, which calls every service one of `services`."""
        known = (
            ("existing_services", *path[1:]) if path[0] == "services" and path[1] in self._existing else path
        )
        while known not in self._document.lines:  # the short form of a block, such as `health_check: grpc`
            known = known[:-1]
        return known

    def text(self, path: KeyPath) -> str:
        """Return `path` with its line in the file."""
        known = self.path(path)
        return f"{dotted(known)} (line {self._document.lines[known]})"

    def is_on(self, path: KeyPath) -> bool:
        """Return whether the file has a value at `path`, neither `null` nor an empty list."""
        value: object = self._document.values
        for part in self.path(path):
            value = value[part]  # type: ignore[index]  # pyright: ignore
        return value not in (None, [])


def _settings(found: EffectivePolicy, places: _Places) -> Iterator[tuple[tuple[str, ...], object, str]]:
    """Yield each setting of a policy that is on or given, with its value and where that comes from."""
    for key, value in _leaves(found.policy):
        source = found.source(*key)
        if source is None:
            if value not in (None, False, [], {}, ""):
                yield key, value, "default"
        elif found.stream and key in NOT_OF_STREAMS and value in (None, []) and places.is_on(source):
            yield key, value, f"a streaming method has only its own, not {places.text(source)}"
        elif key in _ONLY_IDEMPOTENT and not found.policy.idempotent and value not in (None, []):
            yield key, value, f"{places.text(source)}; not used, because idempotent is false"
        else:
            yield key, value, places.text(source)


def _leaves(policy: Settings) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield each value in `policy` that is no block, with its key."""
    values = policy.model_dump(mode="json", by_alias=True)
    values.pop("methods", None)
    yield from _below((), values)


def _below(key: tuple[str, ...], value: object) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(value, dict) and value:
        for name, part in cast("dict[str, object]", value).items():
            yield from _below((*key, name), part)
    else:
        yield key, value


def yaml_value(value: object) -> str:
    """Return `value` as YAML writes it on one line, without what is not given in the blocks of a list."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, list):
        parts = [yaml_value(part) for part in cast("list[object]", value)]
        return f"[{', '.join(parts)}]"
    if isinstance(value, dict):
        given = {key: part for key, part in cast("dict[str, object]", value).items() if part is not None}
        return f"{{{', '.join(f'{yaml_value(key)}: {yaml_value(part)}' for key, part in given.items())}}}"
    # As the only item of a list, so that a text that starts with a bracket gets quotes.
    return yaml.safe_dump([value], default_flow_style=True, width=10**6).strip()[1:-1]


def as_json(rows: Sequence[PolicyRow]) -> str:
    """Return `rows` as a JSON list of objects with the names of the columns; `from` is the source."""
    return json.dumps(
        [{{"source": "from"}.get(k, k): v for k, v in asdict(row).items()} for row in rows], indent=2
    )


def as_table(rows: Sequence[PolicyRow]) -> str:
    """Return `rows` as a table: a heading for each service and method, below it setting, value and source.

    A source that does not fit a line of `WIDTH` characters stands on a line of its own.
    """
    lines: list[str] = []
    settings = max((len(row.setting) for row in rows), default=0)
    values = min(15, max((len(row.value) for row in rows), default=0))
    for (service, method), group in itertools.groupby(rows, key=lambda row: (row.service, row.method)):
        lines += ["", f"{service}  {method}"]
        for row in group:
            start = f"  {row.setting:{settings}}  {row.value:{values}}"
            line = f"{start}  {row.source}"
            long = textwrap.wrap(start, WIDTH, subsequent_indent="      ", drop_whitespace=False)
            lines += [line] if len(line) <= WIDTH else [*map(str.rstrip, long), f"      {row.source}"]
    return "\n".join(lines[1:])
