"""The programs of `make chaos`."""

from collections import Counter

import pytest

from bench.faults.abuser import ABUSES
from bench.faults.calls import LoadPlan, load_plan
from bench.faults.faults import clients
from bench.faults.programs import Program, proxies_program, services_program, short_program

PROGRAMS = [
    pytest.param(program, id=program.name)
    for program in (services_program(), proxies_program(), short_program())
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_fault_has_a_name_of_its_own_by_which_the_history_knows_it(program: Program) -> None:
    counts = Counter(fault.name for fault in program.faults())
    assert counts
    assert set(counts.values()) == {1}


@pytest.mark.parametrize("program", PROGRAMS)
def test_lanes_that_run_side_by_side_have_services_of_their_own(program: Program) -> None:
    deployed = {service.name for service in program.services}
    for phase in program.phases:
        called = [lane.service for lane in phase]
        assert len(called) == len(set(called))
        assert set(called) <= deployed


def test_every_abuse_is_raised() -> None:
    names = [fault.name for fault in services_program().faults()]
    assert [abuse for abuse in clients.ABUSES.values() if not any(n.startswith(abuse) for n in names)] == []
    assert clients.ABUSES.keys() == ABUSES.keys()


@pytest.mark.parametrize(
    ("words", "faults"),
    [
        pytest.param(["SIGKILL", "hung"], ["sidecar hung", "SIGKILL of one proxy"], id="in their order"),
        pytest.param(
            ["rotation"],
            ["roll of both proxies at once", "rotation: connections of 3s"],
            id="with the fault that it needs",
        ),
        pytest.param(["frozen"], [], id="none of this world"),
    ],
)
def test_only_the_faults_are_raised_whose_names_contain_a_word(words: list[str], faults: list[str]) -> None:
    program = proxies_program().only(words)
    assert [fault.name for fault in program.faults()] == faults
    assert all(lane.faults for phase in program.phases for lane in phase)
    assert bool(program.phases) == bool(faults)


def test_a_load_process_gets_the_plan_that_the_lab_made() -> None:
    plan = LoadPlan(load="a", target="dns://a", service="b", rate=20.0, history="c", methods=("Short",))
    assert load_plan(plan.to_json()) == plan
