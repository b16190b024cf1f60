from collections.abc import Mapping

import pytest

from discovery.zones.weights import Balance, can_prefer_a_zone, even_balance, own_zone_balance


def spread(tasks: Mapping[str, int], traffic: Mapping[str, float]) -> dict[str, float]:
    """Return the calls a second that each task gets, by its zone, if every proxy follows its weights."""
    calls = dict.fromkeys(tasks, 0.0)
    for zone, arriving in traffic.items():
        weights = own_zone_balance(zone, tasks, traffic).weights
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
def test_every_task_gets_equally_many_calls_whichever_proxy_clients_use(
    tasks: dict[str, int], traffic: dict[str, float]
) -> None:
    by_task = spread(tasks, traffic)
    fair = sum(traffic.values()) / sum(tasks.values())
    assert all(calls == pytest.approx(fair, rel=0.01) for calls in by_task.values()), by_task  # pyright: ignore


def test_calls_stay_in_their_zone_up_to_the_share_of_its_tasks() -> None:
    tasks = {"a": 10, "b": 10}
    # One call in twenty goes to both zones equally.
    assert own_zone_balance("a", tasks, {"a": 50, "b": 50}) == Balance({"a": 975, "b": 25}, "a")
    assert own_zone_balance("b", tasks, {"a": 80, "b": 20}) == Balance({"a": 25, "b": 975}, "b")
    shares = own_zone_balance("a", tasks, {"a": 80, "b": 20})
    assert shares == Balance({"a": 619, "b": 381}, "a")  # 0.5 / 0.8 stays, and half of the twentieth


def test_every_zone_has_a_weight_so_that_it_gets_calls_if_the_others_are_down() -> None:
    assert min(own_zone_balance("a", {"a": 2, "b": 2, "c": 2}, {"a": 1.0, "b": 1.0}).weights.values()) >= 1


def test_without_traffic_every_task_has_the_same_weight() -> None:
    assert even_balance({"a": 3, "b": 1}) == Balance({"a": 750, "b": 250})
    assert own_zone_balance("a", {"a": 3, "b": 1}, {"a": 0.0, "b": 0.0}) == even_balance({"a": 3, "b": 1})


def test_a_proxy_in_a_zone_without_tasks_prefers_none() -> None:
    assert own_zone_balance("c", {"a": 4, "b": 4}, {"c": 60.0, "a": 40.0}).preferred is None


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
def test_a_zone_is_preferred_if_there_are_twice_as_many_tasks_as_zones(
    tasks: dict[str, int], prefers: bool
) -> None:
    assert can_prefer_a_zone(tasks) is prefers


def test_a_file_is_written_only_if_weights_changed_enough() -> None:
    half = Balance({"a": 500, "b": 500}, "a")
    assert not half.differs(Balance({"a": 510, "b": 490}, "a"), minimum=20)
    assert half.differs(Balance({"a": 520, "b": 480}, "a"), minimum=20)
    assert half.differs(Balance({"a": 500, "b": 500}), minimum=20)
    assert half.differs(Balance({"a": 500, "c": 500}, "a"), minimum=20)
