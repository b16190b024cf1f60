"""When a service is asked about, by a clock that the test moves."""

from collections import Counter
from collections.abc import Iterator

import pytest

from discovery.events.trust import DISTRUST_SECONDS, LATE_SECONDS, Trust
from discovery.schedule.schedule import (
    BURST_SECONDS,
    POLLS_PER_SECOND,
    SLOW_SECONDS,
    Schedule,
)
from discovery.schedule.ticks import Ticks
from tests.discovery.polling import Clock

START_SECONDS = 60.0


class Run:
    """A schedule whose services are polled as soon as they are due."""

    def __init__(self, clock: Clock, services: int, *, by_events: bool = True) -> None:
        self.clock, self.by_events, self.heard = clock, by_events, True
        self.keys = [f"s{number}" for number in range(services)]
        self.schedule = Schedule(self.keys, Ticks(1.0, clock), lambda: self.heard, fast_start=START_SECONDS)
        self.changed: set[str] = set()
        self.failed_for: float | None = None
        self.surprises: list[str] = []

    def seconds(self, seconds: float) -> Iterator[tuple[float, str]]:
        """Yield when which service is polled, for so many seconds."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            while (key := self.schedule.take(0)) is not None:
                if self.schedule.polled(
                    key, by_events=self.by_events, changing=key in self.changed, failed_for=self.failed_for
                ):
                    self.surprises.append(key)
                self.changed.discard(key)
                yield self.clock.now, key
            self.clock.now += 0.05

    def polls(self, seconds: float) -> Counter[str]:
        """Return how often each service is polled in so many seconds."""
        return Counter(key for _, key in self.seconds(seconds))

    def settle(self) -> None:
        """Let the time pass after which a sidecar counts as known to the others."""
        for _ in self.seconds(START_SECONDS + 1.5 * SLOW_SECONDS):
            pass


def test_after_the_start_every_service_is_polled_at_once_and_then_often(clock: Clock) -> None:
    run = Run(clock, 10)
    assert run.polls(0.05) == dict.fromkeys(run.keys, 1)
    assert all(25 <= polls <= 31 for polls in run.polls(30).values())


def test_a_service_is_polled_rarely_while_its_events_are_heard(clock: Clock) -> None:
    run = Run(clock, 60)
    run.settle()
    polled = list(run.seconds(10 * SLOW_SECONDS))
    assert all(9 <= polls <= 11 for polls in Counter(key for _, key in polled).values())
    a_second = Counter(int(at) for at, _ in polled)
    assert max(a_second.values()) <= 6  # of 60; they are spread


def test_an_event_makes_it_polled_at_once_and_every_second_for_a_while(clock: Clock) -> None:
    run = Run(clock, 60)
    run.settle()
    run.schedule.burst(["s7"])
    assert run.polls(0.05)["s7"] == 1
    assert run.polls(BURST_SECONDS)["s7"] >= BURST_SECONDS - 2
    assert run.polls(SLOW_SECONDS)["s7"] <= 3


def test_an_event_that_comes_during_a_poll_is_followed_by_another_poll(clock: Clock) -> None:
    run = Run(clock, 1)
    run.settle()
    key = None
    while key is None:
        clock.now += 0.05
        key = run.schedule.take(0)
    run.schedule.burst([key])
    run.schedule.polled(key, by_events=True, changing=False, failed_for=None)
    assert run.polls(1)[key] >= 1


def test_a_change_makes_a_service_polled_every_second_and_says_that_no_event_announced_it(
    clock: Clock,
) -> None:
    run = Run(clock, 60)
    run.settle()
    run.changed = {"s7"}
    assert run.polls(SLOW_SECONDS + 2)["s7"]
    assert run.surprises == ["s7"]
    assert run.polls(20)["s7"] >= 18
    run.schedule.burst(["s8"])
    run.changed = {"s8"}
    run.polls(5)
    assert run.surprises == ["s7"]  # an event announced the other


def test_a_service_whose_tasks_ecs_does_not_run_is_always_polled_every_second(clock: Clock) -> None:
    run = Run(clock, 10, by_events=False)
    run.settle()
    assert all(27 <= polls <= 31 for polls in run.polls(30).values())


def test_without_events_every_service_is_polled_every_second_again(clock: Clock) -> None:
    run = Run(clock, 20)
    run.settle()
    run.heard = False
    run.schedule.hurry()
    assert all(polls >= 27 for polls in run.polls(30).values())
    run.heard = True
    run.polls(SLOW_SECONDS)
    assert all(polls <= 5 for polls in run.polls(2 * SLOW_SECONDS).values())


@pytest.mark.parametrize("situation", ["deaf", "everything changes", "all of others", "some of each"])
def test_200_services_never_take_more_polls_than_allowed(clock: Clock, situation: str) -> None:
    run = Run(clock, 200, by_events=situation != "all of others")
    run.settle()
    if situation == "deaf":
        run.heard = False
        run.schedule.hurry()
    elif situation == "everything changes":
        run.schedule.burst(run.keys)
    elif situation == "some of each":
        run.heard = False
        run.schedule.hurry()
        run.schedule.burst(run.keys[::8])
    assert sum(run.polls(10).values()) <= 2 * 10 * POLLS_PER_SECOND  # the change of pace takes some more
    polled = list(run.seconds(30))
    assert len(polled) <= 31 * POLLS_PER_SECOND
    assert Counter(key for _, key in polled).keys() == set(run.keys)  # and each has its turn


def test_a_thousand_events_at_once_poll_each_service_once_at_once(clock: Clock) -> None:
    run = Run(clock, 20)
    run.settle()
    for number in range(1000):
        run.schedule.burst([f"s{number % 20}"])
    assert run.polls(0.05) == dict.fromkeys(run.keys, 1)
    assert max(run.polls(10).values()) <= 11


def test_where_all_polls_fail_they_stay_within_the_limit(clock: Clock) -> None:
    run = Run(clock, 200)
    run.settle()
    run.failed_for = 0.5
    run.polls(SLOW_SECONDS)
    assert sum(run.polls(30).values()) <= 31 * POLLS_PER_SECOND


def test_two_sidecars_do_not_poll_in_step(clock: Clock) -> None:
    one, other = Ticks(1.0, clock), Ticks(1.0, clock)
    waits: list[tuple[float, float]] = []
    for _ in range(20):
        waits.append((one.until_next(), other.until_next()))
        clock.now += 1
    assert all(0.8 <= wait <= 1.2 for pair in waits for wait in pair)
    assert sum(left != right for left, right in waits) >= 19


@pytest.mark.parametrize("jump", [3600.0, 365 * 86400.0])
def test_after_a_jump_of_the_clock_polls_go_on(clock: Clock, jump: float) -> None:
    run = Run(clock, 60)
    run.settle()
    clock.now += jump  # as after a task was frozen; a monotonic clock never goes back
    assert all(1 <= polls <= 4 for polls in run.polls(2 * SLOW_SECONDS).values())


def test_events_are_trusted_while_the_queue_can_be_read(clock: Clock) -> None:
    trust = Trust(clock)
    assert not trust()
    trust.readable(True)
    assert trust()
    trust.readable(False)
    assert not trust()


def test_a_change_without_an_event_ends_the_trust_for_a_while(clock: Clock) -> None:
    trust = Trust(clock)
    trust.readable(True)
    trust.surprised("lessons")
    trust.surprised("grading")
    clock.now += LATE_SECONDS / 2
    assert not trust.lost()
    trust.announced(["grading"])  # late, but it came
    clock.now += LATE_SECONDS / 2
    assert trust.lost() == ["lessons"]
    assert not trust()
    clock.now += DISTRUST_SECONDS
    assert not trust.lost()
    assert trust()


def test_an_event_that_is_late_keeps_the_trust(clock: Clock) -> None:
    trust = Trust(clock)
    trust.readable(True)
    trust.surprised("lessons")
    clock.now += LATE_SECONDS / 2
    trust.announced(["lessons"])
    clock.now += LATE_SECONDS
    assert not trust.lost()
    assert trust()
