"""How many health checks a proxy makes, in words."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ecs_envoy.plan.stop.names_in_words import in_words
from envoy_config import Proxy, Service
from envoy_config.check_pace import INTERVALS, check_intervals, checks_per_second, most_checks_per_second
from envoy_config.values import duration_text


def check_load(proxy: Proxy, services: Sequence[Service]) -> Iterator[str]:
    """Yield how many checks a second each task of `proxy` makes, and which services it checks less often."""
    most = checks_per_second(proxy, services)
    load = f"{most:.0f} health checks a second with all services at their most tasks"
    within = most_checks_per_second(proxy)
    over = f", more than the {within:.0f} that take 11 % of its CPU" if most > within else ""
    yield f"Each task of the proxy makes {load}{over}"
    given = {service.name for service in services if service.policy.health_check.interval}
    slower: defaultdict[str, list[str]] = defaultdict(list)
    for name, interval in check_intervals(proxy, services).items():
        if interval > INTERVALS[0] and name not in given:
            slower[duration_text(interval)].append(name)
    for interval, names in slower.items():
        yield f"  every {interval} instead of every second: {in_words(names)}"
