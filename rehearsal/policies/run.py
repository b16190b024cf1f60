"""Rehearses the policies of a file: a fresh Envoy for each probe, and a table of what was seen."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ecs_envoy.configuration import Configuration
from ecs_envoy.configuration.plans import proxy_task_input
from ecs_envoy.configuration.proxies.views import views
from ecs_envoy.plan.policy.subject import PoliciesOfService, policies_of_services
from ecs_envoy.plan.proxy_task import ProxyTaskInput, plan_proxy_task
from ecs_envoy.plan.reach.service_location import InEcs, dns_name
from envoy_config.policy.layers import EffectivePolicy
from envoy_config.policy.traffic_policy import TrafficPolicy
from rehearsal.policies.probe import Probe, Seen, Subject
from rehearsal.policies.probes import choosing, limits, routing, times
from rehearsal.policies.tasks import Tasks
from rehearsal.policies.world import World
from rehearsal.processes import Processes

TASKS = 4
"""Tasks of each service: as many as DNS lists without a doubt."""

LEAST_DEADLINE_SECONDS = 2.0
"""The deadline of a call without the policy that would end it."""

_KINDS = (times.probes, routing.probes, limits.probes, choosing.probes)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A probe and what it saw.

    Attributes:
        service: The service whose calls were probed.
        method: Their method.
        probe: The probe.
        seen: What it saw; None if it was not run.
        without: What it saw in front of an Envoy without the file's policies.

    """

    service: str
    method: str
    probe: Probe
    seen: Seen | None
    without: Seen | None


def rehearse_policies(
    configuration: Configuration,
    out: Path,
    next_address: Callable[[], str],
    say: Callable[[str], object],
    stop: threading.Event,
) -> list[Row]:
    """Probe each policy that `configuration` gives, once where it was given for several services.

    Raises:
        StartFailedError: An Envoy did not come up.
        KeyboardInterrupt: The rehearsal has to end.

    """
    logs = out / "policy-logs"
    logs.mkdir(exist_ok=True)
    return [row for view in views(configuration) for row in _of_proxy(view, logs, next_address, say, stop)]


def _of_proxy(
    view: Configuration,
    logs: Path,
    next_address: Callable[[], str],
    say: Callable[[str], object],
    stop: threading.Event,
) -> Iterator[Row]:
    deployed = proxy_task_input(view)
    # DNS finds the tasks, whatever the file says: the discovery sidecar has rehearsals of its own.
    by_dns = replace(deployed, services=[replace(plan, discovery="dns") for plan in deployed.services])
    listed = list(_probes(by_dns))
    if not any(probe.run for _, probe in listed):
        yield from (_row(subject, probe, (None, None)) for subject, probe in listed)
        return
    with Tasks() as tasks, Processes(logs) as processes:
        world = World(
            tasks=tasks,
            processes=processes,
            places={},
            names={},
            bootstraps=(plan_proxy_task(by_dns).bootstrap, plan_proxy_task(_without(by_dns)).bootstrap),
            port=view.proxy.port,
            next_address=next_address,
        )
        _start(by_dns, {subject.service for subject, _ in listed} | _others(listed), world)
        for number, (subject, probe) in enumerate(listed, start=1):
            if stop.is_set():
                raise KeyboardInterrupt
            say(f"policy {number} of {len(listed)}: {subject.service} {probe.setting}")
            yield _row(subject, probe, _run(subject, probe, world))


def _without(task: ProxyTaskInput) -> ProxyTaskInput:
    """Return `task` without a policy."""
    plain = [replace(plan, policy=TrafficPolicy()) for plan in task.services]
    return replace(task, services=plain, policy=TrafficPolicy())


def _row(subject: Subject, probe: Probe, seen: tuple[Seen | None, Seen | None]) -> Row:
    method = subject.found.method or "(all others)"
    return Row(service=subject.service, method=method, probe=probe, seen=seen[0], without=seen[1])


def _run(subject: Subject, probe: Probe, world: World) -> tuple[Seen | None, Seen | None]:
    """Return what a probe sees with the policy and without it."""
    if probe.run is None:
        return None, None
    _prepare(subject, probe, world)
    with world.envoy(subject.authority) as client:
        seen, longest = probe.run(client, subject, world), client.longest
    _prepare(subject, probe, world)
    # Nothing else may end a call that waits, so the client does.
    deadline = max(LEAST_DEADLINE_SECONDS, 2 * longest)
    with world.envoy(subject.authority, with_policy=False, deadline=deadline) as client:
        return seen, probe.run(client, subject, world)


def _prepare(subject: Subject, probe: Probe, world: World) -> None:
    world.tasks.always.clear()
    for address in world.places[subject.service]:
        world.tasks.set_health(address, [subject.whole.health_check.service], serving=True)
    if probe.prepare:
        probe.prepare(subject, world)


def _start(task: ProxyTaskInput, services: set[str], world: World) -> None:
    """Start the tasks of `services`, and let DNS list them."""
    for plan in task.whole_services:
        host = dns_name(plan.location)
        if plan.name not in services or host is None:
            continue
        check = plan.policy.health_check
        ports = {plan.upstream.port, *([check.port] if check.port else [])}
        world.places[plan.name] = [world.next_address() for _ in range(TASKS)]
        world.names[host.lower()] = world.places[plan.name]
        for address in world.places[plan.name]:
            world.tasks.start(plan.name, address, ports)
            world.tasks.set_health(address, [check.service], serving=True)


def _others(listed: Sequence[tuple[Subject, Probe]]) -> set[str]:
    """Return the services that canaries and mirrors send calls to."""
    policies = [subject.found.policy for subject, _ in listed]
    canaries = {canary.to for policy in policies for canary in policy.canaries if canary.to}
    return canaries | {policy.mirror.to for policy in policies if policy.mirror}


def _probes(task: ProxyTaskInput) -> Iterator[tuple[Subject, Probe]]:
    """Yield the probes of each policy; what the file gives once is probed once."""
    done: set[object] = set()
    for service in policies_of_services(task):
        for found in service.methods:
            for subject, probe in _of_calls(task, service, found):
                key = found.source(*probe.setting.partition(" ")[0].partition(",")[0].split("."))
                if (key, probe.setting) not in done:
                    done.add((key, probe.setting))
                    yield subject, probe


def _of_calls(
    task: ProxyTaskInput, service: PoliciesOfService, found: EffectivePolicy
) -> Iterator[tuple[Subject, Probe]]:
    plan = next(plan for plan in task.services if plan.name == service.name)
    path = _path(plan.upstream.grpc_services, found)
    subject = Subject(found=found, whole=service.whole, path=path, authority=task.own_name(plan))
    probes = [probe for kind in _KINDS for probe in kind(subject)]
    probed = {probe.setting.split(".")[0].split(",")[0] for probe in probes}
    probes += [
        Probe(setting=name, expected=_NOT_SEEN.get(name, "calls do not show it"))
        for name in type(found.policy).model_fields
        if name not in {*probed, "idempotent", "methods"} and _is_on(found, name)
    ]
    for probe in probes:
        if isinstance(plan.location, InEcs) or dns_name(plan.location) is None:
            yield subject, replace(probe, expected="DNS does not know its tasks", run=None)
        else:
            yield subject, probe


_NOT_SEEN = {
    "connect_timeout": "on one machine every connection opens at once",
    "max_stream_duration": "the calls here are no streams",
}
"""Why a rehearsal cannot show a setting."""


def _is_on(found: EffectivePolicy, name: str) -> bool:
    """Return whether the file gives a setting for these very calls, and not to turn it off."""
    source = found.source(name) or ()
    own = ("methods" in source) == bool(found.method)
    return bool(source) and own and getattr(found.policy, name) not in (None, False, ())


def _path(grpc_services: Sequence[str], found: EffectivePolicy) -> str:
    """Return a method that has the policy `found`."""
    if found.method and not found.method.endswith("/*"):
        return found.method
    service = found.method.removesuffix("/*") or (grpc_services[0] if grpc_services else "rehearsal.v1.Any")
    return f"{service}/Rehearsed"


def show_policies(console: Console, rows: Sequence[Row], seconds: float) -> bool:
    """Print `rows` as a table; return whether everything was seen as expected."""
    if not rows:
        console.print("The file gives no policy, so none was rehearsed.")
        return True
    table = Table(title="Policies", title_justify="left")
    for heading in ("policy", "expected", "seen", "", "seen without the policy"):
        table.add_column(heading, overflow="fold")
    ordered = sorted(rows, key=lambda row: (row.service, row.method))
    for (service, method), group in itertools.groupby(ordered, key=lambda row: (row.service, row.method)):
        table.add_section()
        table.add_row(f"[bold]{service}[/]", f"[bold]{method}[/]")
        for row in group:
            verdict = "" if row.seen is None else "[green]good[/]" if row.seen.good else "[red]differs[/]"
            seen = "not rehearsed" if row.seen is None else row.seen.text
            without = row.without.text if row.without else ""
            table.add_row(row.probe.setting, row.probe.expected, seen, verdict, without)
    console.print(table)
    run = [row.seen for row in rows if row.seen]
    differ = sum(not seen.good for seen in run)
    rehearsed = f"{len(run)} of {len(rows)} policies were rehearsed in {seconds:.0f} s"
    console.print(f"{rehearsed}; {differ} of them differ from the file", highlight=False)
    return not differ


def timed(rehearse: Callable[[], list[Row]]) -> tuple[list[Row], float]:
    """Return the rows, and the seconds that they took."""
    begun = time.monotonic()
    return rehearse(), time.monotonic() - begun
