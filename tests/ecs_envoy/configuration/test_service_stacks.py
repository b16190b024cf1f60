"""Which stack a service is in: its name decides, or its own key."""

import random

import pytest

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.stacks.numbers import defined_stacks, stack_name_of, stack_of, used_stack_names
from ecs_envoy.plan.limits.service_stacks import stack_number

NAMES = [f"service-{number}" for number in range(200)]


def configured(names: list[str], *, stacks: int = 1, chosen: dict[str, int] | None = None) -> Configuration:
    blocks = {
        name: {"image": "a/b:1", **({"stack": chosen[name]} if chosen and name in chosen else {})}
        for name in names
    }
    return Configuration.model_validate(
        {
            "environment": "prod",
            "region": "eu-west-1",
            "account": "111122223333",
            "namespace": {"name": "learning.local"},
            "service_stacks": stacks,
            "services": blocks,
        }
    )


@pytest.mark.parametrize("seed", range(5))
def test_no_service_moves_when_others_come_and_go_in_any_order(seed: int) -> None:
    chance = random.Random(seed)  # not for secrets
    stacks = chance.randint(2, 50)
    chosen = {name: chance.randint(1, 50) for name in chance.sample(NAMES, 20)}
    present = chance.sample(NAMES, 100)
    known: dict[str, int] = {}
    for _ in range(40):
        if len(present) > 1 and chance.random() < 0.5:
            present.remove(chance.choice(present))
        else:
            present.append(chance.choice([name for name in NAMES if name not in present]))
        chance.shuffle(present)
        configuration = configured(present, stacks=stacks, chosen=chosen)
        found = {name: stack_of(configuration, name) for name in present}
        assert {name: known.get(name, number) for name, number in found.items()} == found
        known.update(found)
    assert len(set(known.values())) > 1


def test_the_stack_of_a_name_is_the_same_in_every_process_and_version() -> None:
    numbers = {
        name: stack_number(name, stacks=10, chosen=None) for name in ("lessons", "grading", "progress")
    }
    assert numbers == {"lessons": 10, "grading": 9, "progress": 4}


def test_services_are_spread_evenly_enough() -> None:
    sizes = [
        sum(stack_number(name, stacks=8, chosen=None) == number for name in NAMES) for number in range(1, 9)
    ]
    assert sum(sizes) == len(NAMES)
    assert max(sizes) <= 40


def test_another_number_of_stacks_moves_services_only_into_new_stacks() -> None:
    for name in NAMES:
        before, after = (stack_number(name, stacks=stacks, chosen=None) for stacks in (8, 9))
        assert after in (before, 9)


def test_one_stack_holds_all_services_by_default() -> None:
    assert used_stack_names(configured(NAMES)) == ["prod-services"]


def test_a_service_may_choose_a_stack_above_the_number_of_stacks() -> None:
    configuration = configured(["lessons", "grading"], chosen={"grading": 7})
    assert stack_name_of(configuration, "grading") == "prod-services-7"
    assert stack_name_of(configuration, "lessons") == "prod-services"
    assert defined_stacks(configuration) == [1, 7]


def test_a_stack_without_services_is_defined_so_that_the_cdk_deletes_it() -> None:
    assert defined_stacks(configured(["lessons"], stacks=3)) == [1, 2, 3]


def test_existing_services_are_in_the_first_stack() -> None:
    """Two that share a security group share its rules, which EC2 allows once."""
    assert stack_of(configured(["lessons"], stacks=50), "grading") == 1
