"""What a proxy's discovery costs a month, as one line of `ecs-envoy validate`."""

from collections.abc import Iterator

from ecs_envoy.configuration import Configuration
from ecs_envoy.configuration.plans import proxy_task_input
from ecs_envoy.plan.proxy.discovery_events import CallsPerHour, calls_per_hour
from ecs_envoy.review.cost.amounts import amounts
from ecs_envoy.review.cost.prices import our_prices


def discovery_cost(configuration: Configuration) -> Iterator[str]:
    """Yield what the sidecars of the proxy's tasks ask AWS and what that costs; nothing if there are none."""
    task = proxy_task_input(configuration)
    if not task.followed:
        return
    with_events, without = (_calls(configuration, events=events) for events in (True, False))
    asked = with_events if task.discovery_events else without
    other = without if task.discovery_events else with_events
    yield (
        f"Discovery asks Cloud Map {_millions(configuration, asked.cloud_map)} and SQS "
        f"{_millions(configuration, asked.sqs)} million times a month while nothing changes: "
        f"{_usd(configuration, asked)} USD with ECS's events {_switch(task.discovery_events)}; "
        f"{_usd(configuration, other)} with events: {str(not task.discovery_events).lower()} "
        f"(prices of {our_prices().date}: ecs-envoy cost)"
    )


def _switch(events: bool) -> str:
    return "as its pace" if events else "off"


def _calls(configuration: Configuration, *, events: bool) -> CallsPerHour:
    task = proxy_task_input(configuration)
    return calls_per_hour(
        sum(service.cloud_map_service is not None for service in task.followed),
        task.discovery_interval,
        events=events,
        sidecars_talk=events or any(service.zone_aware for service in task.followed),
    )


def _millions(configuration: Configuration, calls: float) -> str:
    tasks, month = configuration.proxy.tasks, our_prices().rates.month_hours
    least, most = (number * calls * month / 1e6 for number in (tasks.min, tasks.max))
    return f"{least:.1f}" if tasks.min == tasks.max else f"{least:.1f} to {most:.1f}"


def _usd(configuration: Configuration, calls: CallsPerHour) -> str:
    tasks, prices, region = configuration.proxy.tasks, our_prices(), configuration.region
    each = calls.cloud_map * prices.price("cloud_map_million_calls", region)
    each += calls.sqs * prices.price("sqs_million_requests", region)
    month = each * prices.rates.month_hours / 1e6
    return amounts(tasks.min * month, tasks.max * month)
