from collections.abc import Mapping

import pytest

from discovery.zones import SCALE, differ, even, preferring, prefers_own_zone


def spread(tasks: Mapping[str, int], traffic: Mapping[str, float]) -> dict[str, float]:
    """Return the calls a second that each task gets, by its zone, if every proxy follows its weights."""
    calls = dict.fromkeys(tasks, 0.0)
    for zone, arriving in traffic.items():
        weights = preferring(zone, tasks, traffic)
        for target, weight in weights.items():
            calls[target] += arriving * weight / sum(weights.values())
    return {zone: calls[zone] / count for zone, count in tasks.items()}


@pytest.mark.parametrize(
    ("tasks", "traffic"),
    [
        pytest.param({"a": 10, "b": 10}, {"a": 50, "b": 50}, id="all even"),
        pytest.param({"a": 10, "b": 10}, {"a": 90, "b": 10}, id="pinned clients"),
        pytest.param({"a": 10, "b": 10}, {"a": 100}, id="one proxy has every client"),
        pytest.param({"a": 3, "b": 2, "c": 2}, {"a": 50, "b": 50}, id="a zone without a proxy"),
        pytest.param({"a": 6, "b": 1}, {"a": 10, "b": 90}, id="few tasks where most calls arrive"),
        pytest.param({"a": 4, "b": 4}, {"c": 60, "a": 40}, id="a proxy in a zone without tasks"),
        pytest.param({"a": 34, "b": 33, "c": 33}, {"a": 1, "b": 2, "c": 3}, id="a hundred tasks"),
    ],
)
def test_every_task_gets_the_same_however_clients_chose_their_proxy(
    tasks: dict[str, int], traffic: dict[str, float]
) -> None:
    by_task = spread(tasks, traffic)
    fair = sum(traffic.values()) / sum(tasks.values())
    assert all(calls == pytest.approx(fair, rel=0.01) for calls in by_task.values()), by_task  # pyright: ignore


def test_calls_stay_in_their_zone_as_far_as_its_tasks_share_goes() -> None:
    tasks = {"a": 10, "b": 10}
    assert preferring("a", tasks, {"a": 50, "b": 50}) == {"a": SCALE, "b": 1}
    assert preferring("b", tasks, {"a": 80, "b": 20}) == {"a": 1, "b": SCALE}
    shares = preferring("a", tasks, {"a": 80, "b": 20})
    assert shares == {"a": 625, "b": 375}  # 0.5 / 0.8 stays


def test_no_zone_is_without_weight_so_that_it_takes_over_when_the_others_are_down() -> None:
    assert min(preferring("a", {"a": 2, "b": 2, "c": 2}, {"a": 1.0, "b": 1.0}).values()) >= 1


def test_without_traffic_every_task_has_the_same_weight() -> None:
    assert preferring("a", {"a": 3, "b": 1}, {"a": 0.0, "b": 0.0}) == even({"a": 3, "b": 1}) == {"a": 750, "b": 250}


@pytest.mark.parametrize(
    ("tasks", "prefers"),
    [
        ({"a": 2, "b": 2}, True),
        ({"a": 1, "b": 2}, False),
        ({"a": 2, "b": 2, "c": 1}, False),
        ({"a": 9}, False),
        ({"a": 5, "b": 1}, True),
    ],
)
def test_a_zone_is_preferred_where_there_are_twice_as_many_tasks_as_zones(
    tasks: dict[str, int], prefers: bool
) -> None:
    assert prefers_own_zone(tasks) is prefers


def test_only_weights_that_moved_are_worth_a_file() -> None:
    assert not differ({"a": 500, "b": 500}, {"a": 510, "b": 490}, least=20)
    assert differ({"a": 500, "b": 500}, {"a": 520, "b": 480}, least=20)
    assert differ({"a": 500}, {"b": 500}, least=20)
