"""The course of the deployment: which stacks, in which order, and what rolls how."""

from collections.abc import Iterator

from ecs_envoy.review.comment.page import code
from ecs_envoy.review.facts.access_holders import called
from ecs_envoy.review.facts.deployment import in_order, longest_stop, starts_first, steps
from ecs_envoy.review.facts.ecs import EcsService
from ecs_envoy.review.facts.restarts import rolling_services
from ecs_envoy.review.facts.sides import Sides
from ecs_envoy.review.sections import Meaning


def deployment(sides: Sides) -> Iterator[Meaning]:
    """Yield how the deployment runs, if it does anything."""
    left = sides.comparison.changes.stacks_removed
    touched = {change.stack for change in sides.changes} - set(left)
    order = [stack for stack in in_order(sides.head.assembly.stacks) if stack in touched]
    if not order:
        return
    rolling = rolling_services(sides.comparison)
    lines: list[str] = []
    if len(order) > 1:
        lines.append(f"stacks in this order: {', '.join(map(code, order))}")
    for stack in order:
        lines += [_roll(service) for service in rolling if service.stack == stack]
    numbers = [line for before, after in sides.services for line in _number(before, after)]
    lines += numbers
    if not rolling:
        lines.append("no other running task restarts" if numbers else "no running task restarts")
    yield Meaning(cause="**the deployment**", consequences=tuple(lines))


def _number(before: EcsService, after: EcsService) -> Iterator[str]:
    """Yield how many tasks of a service come or go, if it does not scale by itself."""
    more = after.min_tasks - before.min_tasks
    if more and before.min_tasks == before.max_tasks and after.min_tasks == after.max_tasks:
        starts = "task starts" if more == 1 else "tasks start"
        what = f"{more} more {starts} for {called(after)}"
        ends = f"{-more} of the {before.min_tasks} tasks of {called(after)} end{'s' if more == -1 else ''}"
        yield what if more > 0 else f"{ends}, within {longest_stop(after)} s"


def _roll(service: EcsService) -> str:
    number = service.min_tasks
    what = "its task is" if number == 1 else f"its {number} tasks are"
    if service.max_tasks != number:
        what = f"its tasks ({number} or more) are"
    in_steps = f" in {steps(service)} steps" if steps(service) > 1 else ""
    first = ", new ones first" if starts_first(service) else ""
    text = (
        f"{called(service)} rolls: {what} replaced{in_steps}{first}; an old one takes "
        f"{longest_stop(service)} s at most to end"
    )
    drain = (
        service.containers["drain"].environment.get("DRAIN_SECONDS") if "drain" in service.containers else ""
    )
    if not service.is_proxy:
        return f"{text}, and calls still open then are cut"
    if drain:
        text += f"; its clients are told to go to another task, and a call still open {drain} s later is cut"
    return text
