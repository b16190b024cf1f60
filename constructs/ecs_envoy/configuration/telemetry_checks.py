"""Rules between the keys that say where logs, metrics and traces go."""

from collections.abc import Iterator

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.plan.rules import Rule
from envoy_config.settings_error import Finding


def _prometheus(configuration: Configuration) -> Iterator[Finding]:
    prometheus = configuration.observability.prometheus
    if prometheus and not prometheus.workspace and not prometheus.scraped_from:
        yield (
            ("observability", "prometheus"),
            "gets no metrics; give workspace: new or an ARN, or scraped_from",
        )


TELEMETRY_RULES: tuple[Rule[Configuration], ...] = (_prometheus,)
