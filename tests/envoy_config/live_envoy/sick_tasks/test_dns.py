"""What the real Envoy does if DNS takes back what it said."""

import shutil
import subprocess
from pathlib import Path

import pytest

from rehearsal.account.name_server import Registry
from tests.envoy_config.live_envoy.rig import call, envoy, task
from tests.envoy_config.live_envoy.sick_tasks.tasks import GET, good
from tests.waiting import until

EMPTY = Registry([], 1)
UNSHARE = shutil.which("unshare")
HAS_MOUNT_NAMESPACES = UNSHARE is not None and subprocess.call([UNSHARE, "-rm", "true"]) == 0


class Dns:
    """A name server whose answer can be changed; it counts how often it gave the current one."""

    def __init__(self, answer: Registry | None) -> None:
        self.change(answer)

    def change(self, answer: Registry | None) -> None:
        self._answer, self.given = answer, 0

    def lookup(self, _name: str) -> Registry | None:
        self.given += 1
        return self._answer


@pytest.mark.parametrize("answer", [pytest.param(None, id="NXDOMAIN"), pytest.param(EMPTY, id="no address")])
def test_a_service_keeps_its_tasks_while_dns_lists_none(
    answer: Registry | None, tmp_path: Path, block: str
) -> None:
    before, after = f"{block}.3", f"{block}.4"
    dns = Dns(Registry([before], 1))
    with (
        task(before, good),
        task(after, good),
        envoy(tmp_path, block, [before], lookup=dns.lookup) as live,
    ):
        until(lambda: live.endpoints() == {before: True})
        dns.change(answer)
        until(lambda: dns.given > 3)  # Envoy has asked again after it got this answer
        assert live.endpoints() == {before: True}
        assert call(live, GET) == [b""]
        # An answer with a task counts again, and what it no longer lists leaves.
        dns.change(Registry([after], 1))
        until(lambda: live.endpoints() == {after: True})
        assert call(live, GET) == [b""]


@pytest.mark.parametrize("answer", [pytest.param(None, id="NXDOMAIN"), pytest.param(EMPTY, id="no address")])
def test_a_service_without_tasks_gets_the_first_one_that_dns_lists(
    answer: Registry | None, tmp_path: Path, block: str
) -> None:
    first = f"{block}.3"
    dns = Dns(answer)
    with task(first, good), envoy(tmp_path, block, [], lookup=dns.lookup) as live:
        until(lambda: dns.given > 2)
        dns.change(Registry([first], 1))
        until(lambda: live.endpoints() == {first: True})
        assert call(live, GET) == [b""]


@pytest.mark.skipif(not HAS_MOUNT_NAMESPACES, reason="this machine lets nobody make a mount namespace")
def test_a_resolv_conf_that_wants_search_domains_first_hides_no_task(tmp_path: Path, block: str) -> None:
    resolv_conf = tmp_path / "resolv.conf"
    resolv_conf.write_text("nameserver 127.0.0.1\nsearch eu-west-1.compute.internal\noptions ndots:5\n")
    only = f"{block}.3"
    dns = Dns(Registry([only], 1))
    with (
        task(only, good),
        envoy(tmp_path, block, [only], lookup=dns.lookup, resolv_conf=resolv_conf) as live,
    ):
        until(lambda: live.endpoints() == {only: True})
        dns.change(None)
        until(lambda: dns.given > 3)
        assert live.endpoints() == {only: True}
