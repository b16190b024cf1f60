"""The journals of clients and tasks, read as one history."""

from contextlib import closing
from pathlib import Path

from bench.faults.history import ENDING, Journal, Raised, note_raised, read_calls, read_raised


def test_a_call_is_put_together_from_the_journals_of_its_client_and_of_its_tasks(tmp_path: Path) -> None:
    with (
        closing(Journal(tmp_path / f"client{ENDING}")) as client,
        closing(Journal(tmp_path / f"a{ENDING}")) as first,
        closing(Journal(tmp_path / f"b{ENDING}")) as second,
    ):
        client.sent("1", "load/old", "Short")
        first.began("1", "a")
        second.began("1", "b")
        client.ended("1", "OK", "b", "")
    (call,) = read_calls(tmp_path)
    assert (call.client, call.method, call.status, call.task) == ("load/old", "Short", "OK", "b")
    assert call.begun == ("a", "b")
    assert call.begun_at is not None
    assert call.ended is not None
    assert call.sent <= call.begun_at <= call.ended


def test_a_call_without_an_end_is_lost_and_an_unfinished_line_is_left_out(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / f"client{ENDING}")) as client:
        client.sent("1", "load/old", "Short")
    with (tmp_path / f"client{ENDING}").open("a") as file:
        file.write('["ended", "1", 2.0, "O')
    (call,) = read_calls(tmp_path)
    assert (call.status, call.ended, call.seconds) == ("LOST", None, float("inf"))


def test_faults_are_read_as_they_were_noted_in_the_order_of_their_beginning(tmp_path: Path) -> None:
    late = Raised(name="late", load="a", begin=5.0, end=6.0, until=7.0, victims=frozenset({"127.0.0.1"}))
    early = Raised(name="early", load="b", begin=1.0, end=6.0, until=7.0, compared=((0.5, 1.0), (8.0, 9.0)))
    note_raised(tmp_path, late)
    note_raised(tmp_path, early)
    assert read_raised(tmp_path) == [early, late]
