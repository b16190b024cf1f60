"""The section of the page about a sidecar at size."""

import statistics
from datetime import timedelta
from pathlib import Path

import jinja2

from bench.discovery.at_size.measure import AtSize
from ecs_envoy.plan.proxy.discovery_events import calls_per_hour
from ecs_envoy.review.cost.prices import our_prices

HEADING = "## A sidecar at size"
PROXIES = 2


def section(size: AtSize) -> str:
    """Return the section."""
    environment = jinja2.Environment(
        autoescape=False,  # noqa: S701  # Markdown of our own figures
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    text = Path(__file__).with_name("section.md.jinja").read_text(encoding="utf-8")
    return environment.from_string(text).render(
        size=size, median=statistics.median, costs=_costs(size.services)
    )


def _costs(services: int) -> dict[str, tuple[float, float]]:
    prices = our_prices()
    calls, requests = (
        prices.price(name, "eu-west-1") for name in ("cloud_map_million_calls", "sqs_million_requests")
    )
    hours = PROXIES * prices.rates.month_hours / 1e6
    found = {
        "each service asked about every second, as before": (services * 3600 * hours * calls, 0.0),
    }
    for name, events in (("without events, bounded", False), ("with events", True)):
        asked = calls_per_hour(services, timedelta(seconds=1), events=events, sidecars_talk=True)
        found[name] = (asked.cloud_map * hours * calls, asked.sqs * hours * requests)
    return found


def put_into(page: Path, size: AtSize) -> None:
    """Replace the section of `page`, or add it at the end."""
    before, _, after = page.read_text(encoding="utf-8").partition(HEADING)
    _, heading, rest = after.partition("\n## ")
    page.write_text(before.rstrip("\n") + "\n\n" + section(size) + heading + rest, encoding="utf-8")
