"""Route 53's answers lag, as those of the rehearsal's DNS server do."""

from rehearsal.account.propagation import Propagated, Propagation
from tests.discovery.polling import Clock


def test_a_change_is_seen_after_its_delay_and_never_before_an_earlier_one() -> None:
    clock, now = Clock(), {"a": 0}
    seen = Propagated(now.__getitem__, Propagation(60, seed=1), clock)
    assert seen("a") == 0  # what was there before has been seen long ago
    changed: dict[int, float] = {}
    visible: dict[int, float] = {}
    for second in range(200):
        if second % 10 == 0 and second < 100:
            now["a"] = second // 10 + 1
            changed[now["a"]] = clock.now
        seen.observe()
        visible.setdefault(seen("a"), clock.now)
        clock.now += 1
    assert seen("a") == 10
    assert list(visible) == sorted(visible)
    delays = [visible[value] - changed[value] for value in visible if value]
    assert all(2 <= delay <= 61 for delay in delays)
    assert max(delays) > 30


def test_the_same_seed_gives_the_same_delays() -> None:
    first, second = Propagation(60, seed=7), Propagation(60, seed=7)
    assert [first.delay() for _ in range(5)] == [second.delay() for _ in range(5)]


def test_without_propagation_a_change_is_seen_at_once() -> None:
    clock, now = Clock(), {"a": 1}
    seen = Propagated(now.__getitem__, Propagation(0), clock)
    assert seen("a") == 1
    now["a"] = 2
    seen.observe()
    assert seen("a") == 2
