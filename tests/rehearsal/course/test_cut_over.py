"""The steps of a cut-over: the files that are deployed, and what counts as wrong."""

from pathlib import Path

import pytest

from ecs_envoy.configuration import load_configuration
from rehearsal.course.cut_over import write_configuration
from rehearsal.course.cut_over_result import CutOverStep
from rehearsal.course.rolled import VARIABLE, rolled_configuration
from tests.ecs_envoy.configuration.test_configuration import GOOD
from tests.ecs_envoy.configuration.test_cut_over_configuration import BLOCK

RETRIES = """\
policy:
  retries: {on: [unavailable]}
  methods: {"learning.v1.Lessons/*": {idempotent: true}}
"""
"""PyYAML alone would take the key `on` for true."""


def step(*, percent: int = 50, dials: int = 100, by_proxy: int = 50, failed: int = 0) -> CutOverStep:
    return CutOverStep(
        service="lessons",
        name="lessons-internal.example.com",
        percent=percent,
        dials=dials,
        by_proxy=by_proxy,
        calls=dials,
        errors={"UNAVAILABLE": failed} if failed else {},
        pinned=6,
    )


def test_a_step_changes_nothing_but_the_percentage(tmp_path: Path) -> None:
    before, after = tmp_path / "before.yaml", tmp_path / "after.yaml"
    before.write_text(GOOD + BLOCK + RETRIES)
    write_configuration(before, 50, after)
    old, new = load_configuration(before), load_configuration(after)
    assert new.services["lessons"].cut_over
    assert new.services["lessons"].cut_over.percent == 50
    moved = {"services": {"lessons": {"cut_over": {"percent"}}}}
    assert new.model_dump(exclude=moved) == old.model_dump(exclude=moved)


def test_the_rolled_configuration_has_one_more_variable_and_nothing_else(tmp_path: Path) -> None:
    before, after = tmp_path / "before.yaml", tmp_path / "after.yaml"
    before.write_text(GOOD + RETRIES)
    old = load_configuration(before)
    name = rolled_configuration(before, old, after)
    assert name
    new = load_configuration(after)
    assert VARIABLE in new.services[name].environment
    added = {"services": {name: {"environment": {VARIABLE}}}}
    assert new.model_dump(exclude=added) == old.model_dump()


@pytest.mark.parametrize(
    "good",
    [
        pytest.param(step(), id="half"),
        pytest.param(step(by_proxy=40), id="chance"),
        pytest.param(step(percent=0, by_proxy=0), id="nobody"),
        pytest.param(step(percent=100, by_proxy=100), id="everybody"),
    ],
)
def test_a_share_that_chance_explains_is_good(good: CutOverStep) -> None:
    assert list(good.problems()) == []


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        pytest.param(
            step(percent=0, by_proxy=1),
            "the proxy got 1 of 100 connections at 0 %",
            id="too soon",
        ),
        pytest.param(
            step(percent=100, by_proxy=99),
            "the proxy got 99 of 100 connections at 100 %",
            id="not everybody",
        ),
        pytest.param(
            step(percent=10, by_proxy=50),
            "the proxy got 50 of 100 connections at 10 %",
            id="far off",
        ),
        pytest.param(step(failed=2), "2 calls failed (2 UNAVAILABLE) at 50 %", id="failed calls"),
        pytest.param(
            step(dials=0, by_proxy=0),
            "nobody dialled lessons-internal.example.com at 50 %",
            id="no client",
        ),
    ],
)
def test_fails_where_calls_fail_or_the_share_is_wrong(bad: CutOverStep, problem: str) -> None:
    assert list(bad.problems()) == [f"lessons: {problem} of the cut-over"]
