"""The faults of `make chaos` that take less than a minute, with the deployed task definitions."""

from pathlib import Path

import pytest

from bench.faults.page import verdict
from bench.faults.programs import judged, short_program

pytestmark = pytest.mark.rehearsal


def test_no_fault_of_the_short_matrix_does_more_to_calls_than_is_allowed(tmp_path: Path) -> None:
    program = short_program()
    rows = judged(program, program.run(tmp_path / "lab", print))
    assert [row.name for row in rows] == [fault.name for fault in program.faults()]
    assert {row.name: verdict(row) for row in rows} == dict.fromkeys((row.name for row in rows), "kept")
