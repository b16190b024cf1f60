"""The environments that bench/size measures."""

from collections import Counter
from pathlib import Path

import pytest

from bench.size.environment import METHODS, SIZES, company, configuration, paths
from ecs_envoy.configuration import load_configuration


@pytest.mark.parametrize("number", SIZES)
def test_each_size_is_a_valid_environment_with_ten_methods_a_service(number: int, tmp_path: Path) -> None:
    services = company(number)
    file = tmp_path / "size.yaml"
    file.write_text(configuration(services))
    loaded = load_configuration(file)
    assert list(loaded.services) == [service.name for service in services]
    assert len(set(paths(services))) == 10 * number == len(METHODS) * number


def test_most_services_are_small() -> None:
    assert Counter(service.tasks for service in company(200)) == {2: 140, 10: 50, 50: 10}


def test_a_smaller_company_is_the_beginning_of_a_larger_one() -> None:
    assert company(200)[:50] == company(50)
