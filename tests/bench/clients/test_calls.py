from collections import Counter
from pathlib import Path

from bench.clients.calls import Seen, read_calls, seen


def test_a_client_s_output_gives_its_calls_its_failures_and_its_longest_time_without_success(
    tmp_path: Path,
) -> None:
    output = tmp_path / "client.out"
    output.write_text("9.0 9.1 OK\n10.0 10.1 OK\n10.2 15.2 UNAVAILABLE\n15.3 15.4 OK\n16.0 16.1 CANC")
    calls = read_calls(output)
    assert len(calls) == 4
    saw = seen(calls, 10.0, 16.0)
    assert (saw.calls, saw.failed) == (3, Counter({"UNAVAILABLE": 1}))
    assert round(saw.gap, 3) == 5.3


def test_a_client_without_a_successful_call_had_none_for_the_whole_time() -> None:
    assert seen([], 10.0, 70.0) == Seen(calls=0, failed=Counter(), gap=60.0)
