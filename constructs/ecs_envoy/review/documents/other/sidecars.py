"""Settings that containers get in their command, environment or labels, and their scripts."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.comparison import Comparison
from ecs_envoy.review.documents.other.readable import document, readable
from ecs_envoy.review.documents.trees.rules import WHERE, Rule, instead, items, rule, statement, value
from ecs_envoy.review.documents.trees.shown import shown
from ecs_envoy.review.documents.trees.wording import compared
from ecs_envoy.review.facts.discovery_settings import discovery_settings
from ecs_envoy.review.facts.ecs import Container, EcsService
from ecs_envoy.review.sections import DocumentChange


def _seconds(found: Json) -> str:
    return f"{found:g}s" if isinstance(found, int | float) else shown(found)


DISCOVERY = (
    rule("namespace", instead("the namespace is")),
    rule("proxy", instead("the proxy is")),
    rule("interval", value("asks every", _seconds, default="1s")),
    rule("queue", value("ECS's events come from the queue", default="none")),
    rule("ecs_cluster", value("ECS's events are those of the ECS cluster", default="none")),
    rule("services", items("service", "services")),
    rule("services/*/port", value(f"{WHERE}: port")),
    rule("services/*/zone_aware", value(f"{WHERE}: tasks of the own zone are preferred:", default="false")),
    rule("services/*/cloud_map_health", value(f"{WHERE}: Cloud Map's health decides:", default="false")),
    rule("services/*/cloud_map_service", value(f"{WHERE}: Cloud Map service", default="none")),
    rule("services/*/namespace", value(f"{WHERE}: namespace", default="the proxy's")),
    rule("services/*/ecs_cluster", value(f"{WHERE}: ECS cluster", default="none")),
    rule("services/*/ecs_service", value(f"{WHERE}: ECS service", default="none")),
)
"""Of the discovery sidecar: `ecs_envoy.plan.discovery_settings`."""

COLLECTOR = (
    *(
        rule(f"{kind}s", items(kind, f"{kind}s"))
        for kind in ("receiver", "processor", "exporter", "extension", "connector")
    ),
    rule("service/extensions", lambda _old, _new: ""),  # as `extensions`
    rule("service/pipelines", items("pipeline", "pipelines")),
    *(
        rule(f"service/pipelines/*/{kind}s", items(kind, f"{kind}s", of=f"pipeline {WHERE}: "))
        for kind in ("receiver", "processor", "exporter")
    ),
    rule("receivers/*/config/scrape_configs", items("scraped job", "scraped jobs")),
    rule("receivers/prometheus/config/scrape_configs/*/scrape_interval", value(f"{WHERE}: scraped every")),
    rule("receivers/*/config/scrape_configs/*/static_configs/**/labels/*", value(f"label {WHERE}")),
    rule("processors/*/metrics/include/metric_names", items("metric", "metrics", of=f"{WHERE}: ")),
    rule("processors/memory_limiter/limit_mib", value("memory at most, in MiB")),
    rule("exporters/*/log_group_name", value(f"{WHERE}: log group")),
    rule("exporters/*/endpoint", value(f"{WHERE}: sends to")),
    rule("exporters/*/namespace", value(f"{WHERE}: namespace")),
    rule("exporters/*/region", value(f"{WHERE}: region")),
    rule("exporters/*/metric_declarations/**", statement(f"{WHERE}: metrics have other dimensions")),
)
"""Of an OpenTelemetry collector (its documentation: Configuration)."""

_LONG_SCRIPT = 200
"""From how many characters on a command is a script; a shorter one is shown among the resources."""


def container_documents(comparison: Comparison) -> Iterator[DocumentChange]:
    """Yield what differs in the settings of each container that is on both sides."""
    if comparison.base is None or comparison.head is None:
        return
    before, after = comparison.base, comparison.head
    renamed = {change.new_id: change.id for change in comparison.changes.resources}
    for resource_id, service in sorted(after.services.items(), key=lambda item: item[1].name):
        old = before.services.get(renamed.get(resource_id, resource_id))
        if old is None:
            continue
        for name in sorted(old.containers.keys() & service.containers.keys()):
            found = Containers(
                service=service,
                old=old.containers[name],
                new=service.containers[name],
                old_options=_options(readable(dict(old.containers[name].definition), before.assembly.stacks)),
                new_options=_options(
                    readable(dict(service.containers[name].definition), after.assembly.stacks)
                ),
            )
            yield from found.documents()


def _options(definition: Json) -> Mapping[str, Json]:
    """Return what a container's definition says of logs: the options of Fluent Bit, and labels."""
    match definition:
        case dict():
            labels = definition.get("DockerLabels")
            firelens = definition.get("FirelensConfiguration")
            log = definition.get("LogConfiguration")
            found: dict[str, Json] = {}
            if isinstance(labels, dict):
                found |= {f"label {name}": item for name, item in labels.items()}
            for settings in (firelens, log if isinstance(log, dict) and _is_firelens(log) else None):
                if isinstance(settings, dict) and isinstance(options := settings.get("Options"), dict):
                    found |= {f"log option {name}": item for name, item in options.items()}
            return found
        case _:
            return {}


def _is_firelens(log: Mapping[str, Json]) -> bool:
    return log.get("LogDriver") == "awsfirelens"


class Containers:
    """A container before and after."""

    def __init__(
        self,
        *,
        service: EcsService,
        old: Container,
        new: Container,
        old_options: Mapping[str, Json],
        new_options: Mapping[str, Json],
    ) -> None:
        self._name = f"{code(new.name)} of {code(service.name)}"
        self._old = {**_texts(old), **_strings(old_options)}
        self._new = {**_texts(new), **_strings(new_options)}
        self._is_agent = any(word in new.name for word in ("datadog", "log-router", "fluent", "firelens"))

    def documents(self) -> Iterator[DocumentChange]:
        """Yield what differs in its documents."""
        lines: list[str] = []
        diffs: list[str] = []
        for place in [*self._new, *(place for place in self._old if place not in self._new)]:
            old, new = self._old.get(place), self._new.get(place)
            if old == new:
                continue
            before, after = _settings(old), _settings(new)
            if before is not None and after is not None:
                found = compared(before, after, _rules(after))
                lines += found.texts
                diffs += [f"@@ {place} @@\n{found.diff}"] if found.diff else []
            elif place.startswith("command") and max(len(old or ""), len(new or "")) >= _LONG_SCRIPT:
                lines.append("its script differs")
            elif self._is_agent or place.startswith("log option"):
                lines.append(_plain_line(place, old, new))
        if lines or diffs:
            yield DocumentChange(
                title=f"settings of {self._name}",
                lines=tuple(dict.fromkeys(lines)),
                diff="\n".join(diffs),
            )


def _settings(found: str | None) -> Json:
    """Return the document that a text is, with the packed services of the discovery sidecar as a list."""
    with suppress(ValueError):
        return discovery_settings(found or "")
    return document(found or "")


def _plain_line(place: str, old: str | None, new: str | None) -> str:
    if old is None:
        return f"{code(place)}: {code(new or '')} is new"
    return f"{code(place)}: {code(old)} → {code(new)}" if new is not None else f"{code(place)} is gone"


def _texts(container: Container) -> dict[str, str]:
    """Return the texts of a container by their places, without a bootstrap, which has its own section."""
    command = container.command
    return {
        **{
            f"command {number}": part
            for number, part in enumerate(command)
            if number == 0 or command[number - 1] != "--config-yaml"
        },
        **container.environment,
    }


def _strings(options: Mapping[str, Json]) -> dict[str, str]:
    return {name: shown(item) for name, item in options.items()}


def _rules(settings: Json) -> Sequence[Rule]:
    match settings:
        case {"namespace": _, "services": _}:
            return DISCOVERY
        case {"receivers": _, "service": _}:
            return COLLECTOR
        case _:
            return ()
