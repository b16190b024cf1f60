"""What the checker says of histories that are written by hand."""

from dataclasses import replace

import pytest

from bench.faults.checker import NOTHING, Allowed, HistoryError, check_history, judge, judge_tries
from bench.faults.history import Call, Raised

FAULT = Raised(name="a fault", load="load", begin=10.0, end=12.0, until=20.0, victims=frozenset({"victim"}))
GOOD = Call(
    id="1",
    client="load/old",
    method="Short",
    sent=11.0,
    ended=11.1,
    status="OK",
    task="task",
    begun=("task",),
)
LOST = replace(GOOD, id="2", status="UNAVAILABLE", task=None, begun=("victim",))
IN_FLIGHT = Allowed(why="", in_flight=True)
FLOOD = Allowed(why="", meanwhile=True)
SLOWER = Allowed(why="", slower=2.0)
KILLED = Allowed(why="", open_calls=True, next_call=2.0)


def calls(*times: float, status: str = "OK", client: str = "load/old", seconds: float = 0.01) -> list[Call]:
    return [
        replace(GOOD, id=f"{client}{time}", client=client, sent=time, ended=time + seconds, status=status)
        for time in times
    ]


@pytest.mark.parametrize(
    ("history", "allowed", "over"),
    [
        pytest.param([GOOD], NOTHING, (), id="nothing failed"),
        pytest.param([], NOTHING, ("no call was made",), id="a history without calls proves nothing"),
        pytest.param([LOST], NOTHING, ("1 failed that may not, 0 allowed",), id="a failed call"),
        pytest.param(
            [replace(GOOD, ended=None, status="LOST")],
            NOTHING,
            ("1 failed that may not, 0 allowed",),
            id="a call that never ends",
        ),
        pytest.param(
            [replace(GOOD, begun=("task", "other"))], NOTHING, ("1 executed twice",), id="a call begun twice"
        ),
        pytest.param([LOST], IN_FLIGHT, (), id="in flight at the victim"),
        pytest.param([replace(LOST, begun=())], IN_FLIGHT, (), id="sent to the victim, which began nothing"),
        pytest.param(
            [replace(LOST, begun=("task",))],
            IN_FLIGHT,
            ("1 failed that may not, 0 allowed",),
            id="in flight at another task",
        ),
        pytest.param(
            [replace(LOST, sent=13.1)],
            IN_FLIGHT,
            ("1 failed that may not, 0 allowed",),
            id="sent to the victim more than 3 s later",
        ),
        pytest.param([GOOD, replace(LOST, sent=9.0)], KILLED, (), id="open when the proxy was killed"),
        pytest.param([GOOD, replace(LOST, sent=10.02)], KILLED, (), id="sent while the proxy is killed"),
        pytest.param(
            [GOOD, LOST],
            KILLED,
            ("1 failed that may not, 0 allowed",),
            id="sent after the proxy was killed",
        ),
        pytest.param(
            [*calls(12.5, client="load/late"), GOOD],
            KILLED,
            ("load/late had its next call after 2.5 s, 2 s allowed",),
            id="a client's next call comes late",
        ),
        pytest.param(
            [*calls(*(11 + n / 1000 for n in range(1190))), *calls(*range(13, 18), status="UNAVAILABLE")],
            Allowed(why="", failed=5),
            ("5 failed that may not, 4 allowed",),
            id="more than a share",
        ),
        pytest.param(
            [*calls(*(11 + n / 1000 for n in range(1196))), *calls(*range(13, 17), status="UNAVAILABLE")],
            Allowed(why="", failed=4),
            (),
            id="a share",
        ),
        pytest.param(
            [replace(GOOD, status="DEADLINE_EXCEEDED", task=None), LOST],
            Allowed(why="", expected="DEADLINE_EXCEEDED"),
            ("1 failed that may not, 0 allowed",),
            id="calls that should end otherwise",
        ),
        pytest.param([*calls(9.9, 16.9, status="UNAVAILABLE")], FLOOD, (), id="sent until 5 s after a flood"),
        pytest.param(
            calls(17.1, status="UNAVAILABLE"),
            FLOOD,
            ("1 failed that may not, 0 allowed",),
            id="sent more than 5 s after a flood",
        ),
        pytest.param(
            [*calls(6.0, seconds=0.1), *calls(11.0, seconds=0.21)],
            SLOWER,
            ("p99 210 ms, 200 ms allowed",),
            id="others that get too slow",
        ),
        pytest.param(
            [*calls(6.0, seconds=0.1), *calls(11.0, seconds=0.19)],
            SLOWER,
            (),
            id="others that get a little slower",
        ),
    ],
)
def test_a_row_is_over_what_is_allowed(history: list[Call], allowed: Allowed, over: tuple[str, ...]) -> None:
    assert judge(replace(FAULT, compared=((5.0, 7.0), (13.0, 15.0))), history, allowed).over == over


@pytest.mark.parametrize(
    ("second", "over"),
    [
        pytest.param(0.19, (), id="the machine was slow at first"),
        pytest.param(0.3, ("p99 300 ms, 200 ms allowed",), id="it is slow each time"),
    ],
)
def test_a_fault_that_was_raised_again_is_judged_by_the_second_time(
    second: float, over: tuple[str, ...]
) -> None:
    first = replace(FAULT, until=14.0, compared=((5.0, 7.0),))
    again = replace(FAULT, begin=30.0, end=32.0, until=34.0, compared=((25.0, 27.0),))
    history = [
        call
        for at, seconds in ((6.0, 0.1), (11.0, 0.21), (26.0, 0.1), (31.0, second))
        for call in calls(at, seconds=seconds)
    ]
    row = judge_tries([again, first], history, SLOWER)
    assert row.over == over
    assert row.at_first == ("p99 210 ms, 200 ms allowed",)


def test_a_row_counts_the_calls_that_the_fault_touched() -> None:
    before, during, after = calls(8.0, 11.0, 20.5)
    open_then = replace(LOST, sent=9.0, ended=14.0)
    elsewhere = replace(LOST, id="3", client="other/old")
    row = judge(FAULT, [before, open_then, during, elsewhere, after], NOTHING)
    assert (row.calls, row.failed, row.twice) == (2, 1, 0)
    assert (row.longest, row.recovered) == (5.0, 4.0)
    assert row.statuses == (("UNAVAILABLE", 1),)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(replace(GOOD, begun=()), id="no task began it"),
        pytest.param(replace(GOOD, begun=("other",)), id="another task began it"),
    ],
)
def test_fails_where_a_history_contradicts_itself(call: Call) -> None:
    check_history([GOOD])
    with pytest.raises(HistoryError):
        check_history([GOOD, call])
