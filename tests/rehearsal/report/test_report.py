"""The outcome's figures and what the report says of them, on made-up calls."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from rehearsal.course.outcome import Change, NewTask, Outcome, ProxyUse, cv, percentile, service_result
from rehearsal.load.calls import Call
from rehearsal.machine import describe
from rehearsal.monitoring.cpu import Sample, mean_percent, series
from rehearsal.report.numbers import write_numbers
from rehearsal.report.page import write_page
from rehearsal.report.pictures import State, draw_changes, draw_states
from rehearsal.report.terminal import show

TASKS = {"127.1.2.3:50051": "lessons-1", "127.1.2.4:50051": "lessons-2"}


def calls(*counts: int, status: str = "OK") -> list[Call]:
    return [
        Call(100.0 + number, "lessons", target if status == "OK" else None, 5.0, status)
        for target, count in zip(TASKS, counts, strict=False)
        for number in range(count)
    ]


BEFORE = service_result("lessons", calls(30, 10), TASKS, {"lessons-1": 30.0, "lessons-2": 10.0})
AFTER = service_result("lessons", calls(20, 20), TASKS, {"lessons-1": 20.0, "lessons-2": 20.0})


@pytest.fixture
def outcome() -> Outcome:
    return Outcome(
        config="config/<b>.yaml",
        **describe(),
        before=[BEFORE],
        after=[AFTER],
        proxies=[ProxyUse(task="grpc-1", cpu_percent=5.0, memory_mib=64.0)],
        proxy_cpu_limit_percent=25.0,
        proxy_memory_limit_mib=512,
        discovery_bound_seconds={"lessons": 10.0},
        scale_out=Change(
            service="lessons",
            what="2 to 3 tasks",
            begin=105.0,
            end=115.0,
            new_tasks=[NewTask(task="lessons-3", first_request=4.2)],
            calls=200,
            errors={},
            busiest_share=1.2,
        ),
    )


def test_cv_is_zero_for_even_counts_and_grows_with_skew() -> None:
    assert cv([5, 5]) == 0
    assert cv([400, 400, 200, 200]) == pytest.approx(1 / 3)  # pyright: ignore
    assert cv([]) == 0


def test_percentile_is_a_value_that_was_seen() -> None:
    assert percentile(list(range(1, 101)), 0.99) == 100
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile([], 0.5) == 0


def test_cpu_is_the_difference_over_time() -> None:
    samples = [Sample(10.0 + second, 0.25 * second, 0) for second in range(5)]
    assert mean_percent(samples, 10, 14) == 25
    assert mean_percent(samples, 20, 30) is None
    assert series(samples, 10, 14) == ([1, 2, 3, 4], [25, 25, 25, 25])


def test_a_task_without_a_call_is_idle_and_a_problem(outcome: Outcome) -> None:
    assert outcome.problems() == []
    outcome.after = [service_result("lessons", calls(20, 0), TASKS, {})]
    assert outcome.problems() == ["lessons: lessons-2 got no call in the state after"]


def test_failed_calls_are_problems_in_every_state(outcome: Outcome) -> None:
    failed = calls(2, status="UNAVAILABLE")
    outcome.before = [service_result("lessons", [*calls(1, 1), *failed], TASKS, {})]
    assert outcome.scale_out
    outcome.scale_out = replace(outcome.scale_out, errors={"CANCELLED": 1})
    assert outcome.problems() == [
        "lessons: 2 calls failed (2 UNAVAILABLE) in the state before",
        "lessons: 1 call failed (1 CANCELLED) during the scale-out",
    ]


def test_a_new_task_without_a_call_is_a_problem_and_a_late_one_a_remark(outcome: Outcome) -> None:
    assert outcome.scale_out
    tasks = [NewTask(task="lessons-3", first_request=None), NewTask(task="lessons-4", first_request=12.0)]
    outcome.scale_out = replace(outcome.scale_out, new_tasks=tasks)
    assert outcome.problems() == ["lessons-3: no call reached it during the scale-out"]
    (remark,) = outcome.remarks()
    assert remark.startswith("lessons-4: its first call came 12.0 s after it was healthy")


def test_uneven_cpu_is_a_remark(outcome: Outcome) -> None:
    outcome.after = [replace(AFTER, cpu_percent={"lessons-1": 10.0, "lessons-2": 20.0})]
    assert outcome.remarks() == ["lessons: the CV of CPU is 0.333 in the state after; the target is 0.10"]


def test_tasks_that_do_not_name_themselves_are_counted_by_other_means() -> None:
    nameless = [replace(call, task=None) for call in calls(1, 1)]
    assert service_result("lessons", nameless, TASKS, {}).requests is None
    known = service_result("lessons", nameless, TASKS, {}, requests={"lessons-1": 1, "lessons-2": 1})
    assert known.cv_requests == 0


def test_report_is_one_page_with_its_pictures_and_no_address(outcome: Outcome, tmp_path: Path) -> None:
    line = ([1.0, 2.0], [10.0, 20.0])
    state = State(title="Before", services={"lessons": {"lessons-1": line, "lessons-2": line}})
    pictures = draw_states(state, replace(state, title="After"), tmp_path)
    assert outcome.scale_out
    pictures.append(draw_changes(calls(20, 20), TASKS, [outcome.scale_out], tmp_path))
    write_page(outcome, pictures, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert page.count("data:image/png;base64,iVBOR") == 3
    assert not re.search(r"(src|href)=[\"']?(https?:|//)", page)
    assert "config/&lt;b&gt;.yaml" in page
    for text in ("0.500", "0.000", "No call failed", "lessons-3</td><td>4.2 s", "5.0 % of a CPU", "64 MiB"):
        assert text in page, text


def test_pictures_before_and_after_have_the_same_size(tmp_path: Path) -> None:
    few, many = ([1.0], [10.0]), ([1.0, 60.0], [10.0, 90.0])
    before = State(title="Before", services={"lessons": {"lessons-1": few}})
    after = State(title="After", services={"lessons": {"lessons-1": many}})
    sizes = {path.read_bytes()[16:24] for path in draw_states(before, after, tmp_path)}
    assert len(sizes) == 1


def test_numbers_hold_the_figures_and_what_is_derived(outcome: Outcome, tmp_path: Path) -> None:
    write_numbers(outcome, tmp_path / "result.json")
    values = json.loads((tmp_path / "result.json").read_text())
    assert values["before"][0]["cv_requests"] == 0.5
    assert values["after"][0]["requests"] == {"lessons-1": 20, "lessons-2": 20}
    assert values["scale_out"]["new_tasks"] == [{"task": "lessons-3", "first_request": 4.2}]
    assert values["problems"] == []


def test_terminal_shows_the_table_and_the_problems(outcome: Outcome) -> None:
    outcome.after = [service_result("lessons", calls(20, 0), TASKS, {"lessons-1": 1.0, "lessons-2": 0.0})]
    console = Console(record=True, width=120, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    show(console, outcome)
    text = console.export_text()
    console.file.close()
    assert re.search(r"lessons-1 .*30 .*20 ", text)
    assert "lessons-3: first call after 4.2 s (bound: 10 s)" in text
    assert "lessons-2 got no call in the state after" in text
