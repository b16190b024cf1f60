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
    names = {fault.name for fault in services_program().faults()}
    assert set(clients.ABUSES.values()) <= names
    assert clients.ABUSES.keys() == ABUSES.keys()


def test_a_load_process_gets_the_plan_that_the_lab_made() -> None:
    plan = LoadPlan(load="a", target="dns://a", service="b", rate=20.0, history="c", methods=("Short",))
    assert load_plan(plan.to_json()) == plan
