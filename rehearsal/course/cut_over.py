"""Moves the clients of names with `cut_over` from their load balancers to the proxy, and back."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from ecs_envoy.configuration.document import read_document
from ecs_envoy.configuration.server import CutOver
from ecs_envoy.plan.cut_over import weights
from rehearsal import configured
from rehearsal.course.cut_over_result import CutOverStep
from rehearsal.course.stage import Stage, Window
from rehearsal.load.calls import Target, error_counts
from rehearsal.load.clients import CONNECTIONS
from rehearsal.load.load_process import Load
from rehearsal.processes import Process

STEPS = (10, 50, 100)
"""The percentages on the way to the proxy, after 0; the way back is one step to 0."""

DIALS_PER_SECOND = 6.0
PINNED_CALLS_PER_SECOND = 6.0
STEP_SECONDS = 5.0
"""How long each step is measured: some 30 dials of each name."""


CALL_SECONDS = 1.0
"""How long calls that began at the end of a step may take to be counted."""


def write_configuration(config: Path, percent: int, out: Path) -> None:
    """Write `config` to `out`, with `percent` for every name with `cut_over`."""
    values: dict[str, Any] = read_document(config).values
    for section in ("services", "existing_services"):
        services: dict[str, dict[str, Any]] = values.get(section) or {}
        for service in services.values():
            if service.get("cut_over"):
                service["cut_over"]["percent"] = percent
    out.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


@dataclass(kw_only=True)
class CutOverCourse:
    """Plays the steps of a cut-over under load.

    Attributes:
        stage: The rehearsal.
        targets: The target of each service with `cut_over`, by its old name.
        load_balancers: The process that plays the load balancer of each of these services.
        steps: The results so far.

    """

    stage: Stage
    targets: Sequence[Target]
    load_balancers: dict[str, Process]
    steps: list[CutOverStep] = field(default_factory=list[CutOverStep])

    def play(self, deployments: Sequence[tuple[int, Path | None]]) -> None:
        """Deploy each percentage of `deployments` from its assembly, if it has one, and measure it.

        Clients that were connected before keep their connections and keep calling.
        """
        processes = self.stage.system.processes
        number = len(self.steps)
        pinned = Load(processes, f"load-pinned-{number}", self._with_rate(PINNED_CALLS_PER_SECOND))
        self.stage.wait_until(lambda: self._have_called(pinned), "clients that keep their connections")
        redialers = Load(
            processes,
            f"load-redialers-{number}",
            self._with_rate(DIALS_PER_SECOND),
            program="rehearsal.load.redialers",
        )
        for percent, assembly in deployments:
            self._step(percent, assembly, pinned, redialers)
        redialers.stop()
        pinned.stop()

    def deploy(self, percent: int, assembly: Path) -> None:
        """Deploy the records of `assembly`, and wait until DNS shows `percent`."""
        stage = self.stage
        stacks = configured.cut_over_stacks(stage.configuration)
        stage.wait_for_cdk(stage.system.cdk.start_deploy(assembly, *stacks), f"cdk deploy at {percent} %")
        moved = configured.moved_names(stage.configuration).values()
        stage.wait_until(
            lambda: all(self._is_shown(cut_over, percent) for cut_over in moved),
            f"DNS to show {percent} %",
        )

    def _with_rate(self, rate: float) -> list[Target]:
        return [replace(target, streams=(), rate=rate) for target in self.targets]

    def _have_called(self, load: Load) -> bool:
        """Return whether every client of `load` is connected: they call in turn."""
        calls = Counter(call.service for call in load.calls())
        return all(calls[target.service] >= CONNECTIONS for target in self.targets)

    def _step(self, percent: int, assembly: Path | None, pinned: Load, redialers: Load) -> None:
        stage, begun = self.stage, time.time()
        moved = configured.moved_names(stage.configuration)
        if assembly:
            self.deploy(percent, assembly)
        begin = time.time()
        window = Window(begin=begin, end=begin + STEP_SECONDS)
        stage.wait_until(lambda: time.time() > window.end + CALL_SECONDS, f"clients at {percent} %")
        dialled = redialers.calls()
        calls = [*pinned.calls(), *dialled]
        for service, cut_over in moved.items():
            counted = [c for c in dialled if c.service == service and c in window]
            load_balancer = self.stage.system.load_balancers[cut_over.load_balancer.lower()]
            by_proxy = sum(call.peer.partition(":")[0] != load_balancer for call in counted)
            during = [c for c in calls if c.service == service and begun <= c.at < window.end]
            self.steps.append(
                CutOverStep(
                    service=service,
                    name=cut_over.name,
                    percent=percent,
                    dials=len(counted),
                    by_proxy=by_proxy,
                    calls=len(during),
                    errors=error_counts(during),
                    pinned=self._pinned(service, window),
                )
            )

    def _is_shown(self, cut_over: CutOver, percent: int) -> bool:
        by_load_balancer, by_proxy = weights(percent)
        shown = self.stage.system.moved_records(cut_over.name.lower())
        load_balancer = cut_over.load_balancer.lower()
        old = sum(record.weight or 0 for record in shown if record.target.lower() == load_balancer)
        new = sum(record.weight or 0 for record in shown if record.target.lower() != load_balancer)
        return (old, new) == (by_load_balancer, by_proxy)

    def _pinned(self, service: str, window: Window) -> int:
        """Return how many connections the load balancer of `service` had all through `window`."""
        text = self.load_balancers[service].out.read_text(encoding="utf-8")
        lines = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        before = [connections for at, connections, _ in lines if at < window.begin]
        during = [connections for at, connections, _ in lines if window.begin <= at < window.end]
        return min([*before[-1:], *during], default=0)
