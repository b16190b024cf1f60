"""One of several proxies as a file of its own, which a rehearsal deploys."""

from pathlib import Path

import pytest
import yaml

from ecs_envoy.configuration import Configuration, load_configuration
from ecs_envoy.configuration.plans import proxy_clients, proxy_task
from ecs_envoy.configuration.proxies.views import UnknownProxyError, the_view
from rehearsal.configured import (
    dialled_names,
    existing_resources,
    moved_names,
    proxies,
    proxy_of,
)
from rehearsal.one_proxy import chosen_view, rehearsed_file
from tests.conftest import ROOT
from tests.ecs_envoy.configuration.test_clients_configuration import API
from tests.ecs_envoy.configuration.test_proxies_configuration import TWO

TEXT = (
    TWO.replace("proxies:\n", "    calls: [lessons, reports]\nproxies:\n").replace(
        "port: 50071", "port: 50071, clients: [lessons, 10.9.0.0/16], address_variable: REPORTS"
    )
    + API
    + "rehearsal: {services: {reports: {command: [./serve], methods: [a.v1.A/B]}, api: {command: [./api]}}}\n"
)


def plain(folder: Path, proxy: str) -> tuple[Configuration, Configuration]:
    """Return the view of `proxy`, and the configuration that is rehearsed for it."""
    config = folder / "two.yaml"
    config.write_text(TEXT)
    view = the_view(load_configuration(config), proxy)
    return view, load_configuration(rehearsed_file(config, view, folder))


@pytest.mark.parametrize("proxy", ["grpc", "batch"])
def test_the_rehearsed_file_gives_the_same_bootstrap_as_the_proxy(proxy: str, tmp_path: Path) -> None:
    view, rehearsed = plain(tmp_path, proxy)
    assert proxy_task(rehearsed).bootstrap == proxy_task(view).bootstrap
    assert rehearsed.proxy.name == proxy
    assert not rehearsed.proxies


def test_callers_of_other_proxies_become_security_groups_that_exist(tmp_path: Path) -> None:
    view, rehearsed = plain(tmp_path, "batch")
    assert proxy_clients(view) == ["api", "lessons", "10.9.0.0/16", "reports"]
    api, block, group, reports = proxy_clients(rehearsed)
    assert (api, block, reports) == ("api", "10.9.0.0/16", "reports")
    assert group.startswith("sg-")


def test_what_belongs_to_the_other_proxy_is_left_out(tmp_path: Path) -> None:
    _, rehearsed = plain(tmp_path, "grpc")
    assert list(rehearsed.services) == ["lessons", "grading"]
    assert list(rehearsed.rehearsal.services) == ["api"]
    _, rehearsed = plain(tmp_path, "batch")
    assert rehearsed.services["reports"].calls == ["reports"]
    assert rehearsed.services["reports"].proxy_address_variable == "REPORTS"
    assert list(rehearsed.rehearsal.services) == ["reports", "api"]


def test_a_file_with_one_proxy_is_rehearsed_as_it_is(tmp_path: Path) -> None:
    config = tmp_path / "one.yaml"
    values = yaml.safe_load(TWO.replace("[learning.v1.Lessons]", "[learning.v1.Other]", 1))
    del values["proxies"]
    config.write_text(yaml.safe_dump(values))
    assert rehearsed_file(config, load_configuration(config), tmp_path) == config


def test_a_rehearsal_of_all_proxies_calls_each_service_through_its_own(tmp_path: Path) -> None:
    config = tmp_path / "two.yaml"
    config.write_text(TEXT)
    whole = load_configuration(config)
    assert [proxy.name for proxy in proxies(whole)] == ["grpc", "batch"]
    assert {name: proxy.port for name, proxy in proxy_of(whole).items()} == {
        "lessons": 50051,
        "grading": 50051,
        "reports": 50071,
    }
    assert dialled_names(whole) == {
        "lessons": "grpc.learning.local",
        "grading": "grpc.learning.local",
        "reports": "batch.learning.local",
    }


def test_fails_with_the_file_and_the_names_if_there_is_no_such_proxy(tmp_path: Path) -> None:
    config = tmp_path / "two.yaml"
    config.write_text(TEXT)
    with pytest.raises(UnknownProxyError, match=r"two\.yaml: has no proxy 'online'; give --proxy and"):
        chosen_view(config, load_configuration(config), "online")


def test_a_rehearsal_of_all_proxies_moves_the_names_of_each(tmp_path: Path) -> None:
    config = tmp_path / "two.yaml"
    values = yaml.safe_load((ROOT / "config/swap.yaml").read_text())
    del values["proxy"]
    names = list(values["existing_services"])
    values["proxies"] = {
        "online": {"clients": ["10.0.0.0/8"], "services": names[:2]},
        "batch": {"clients": ["10.0.0.0/8"], "services": names[2:]},
    }
    config.write_text(yaml.safe_dump(values))
    whole = load_configuration(config)
    assert set(moved_names(whole)) == set(names)
    ((_, records),) = existing_resources(whole).private_zones
    assert len(records) == len(names)
