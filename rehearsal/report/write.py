"""Writes all files of the report."""

from collections.abc import Callable
from pathlib import Path

from rehearsal.course.outcome import ServiceResult
from rehearsal.course.scenario import Scenario
from rehearsal.course.stage import Window
from rehearsal.monitoring.cpu import series
from rehearsal.report.monitoring import draw_monitoring
from rehearsal.report.numbers import write_numbers
from rehearsal.report.page import write_page
from rehearsal.report.pictures import Line, State, draw_changes, draw_states
from rehearsal.system import System


def write_report(scenario: Scenario, system: System, out: Path, say: Callable[[str], object]) -> None:
    """Write `before.png`, `after.png`, `changes.png`, `result.json` and `report.html` to `out`.

    If Prometheus ran, write `monitoring.png`, too.
    """
    say("drawing the pictures")
    outcome = scenario.outcome
    samples = system.sampler.samples()

    def lines(results: list[ServiceResult], window: Window) -> dict[str, dict[str, Line]]:
        return {
            result.service: {
                task: series(samples.get(task, []), window.begin, window.end) for task in result.cpu_percent
            }
            for result in results
        }

    pictures = draw_states(
        State(title="Before: an L4 load balancer", services=lines(outcome.before, scenario.before)),
        State(title="After: Envoy", services=lines(outcome.after, scenario.after)),
        out,
    )
    changes = [change for change in (outcome.scale_out, outcome.roll) if change]
    if changes:
        service = system.agent.service(changes[0].service)
        tasks = {
            task.target: task.name
            for task in sorted(system.agent.all_tasks(), key=lambda task: task.age)
            if service and task.service == service.arn
        }
        pictures.append(draw_changes(scenario.calls, tasks, changes, out))
    if scenario.prometheus:
        marks = [
            (scenario.before.begin, "L4 load balancer"),
            (scenario.after.begin, "Envoy"),
            *((change.begin, change.what) for change in changes),
        ]
        end = changes[-1].end if changes else scenario.after.end
        pictures.append(draw_monitoring(scenario.prometheus, marks, end, out))
    say("writing the page")
    write_numbers(outcome, out / "result.json")
    write_page(outcome, pictures, out / "report.html")
