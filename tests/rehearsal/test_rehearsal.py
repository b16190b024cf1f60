import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from envoy_config import Proxy, Service, bootstrap, to_json
from rehearsal.load import Result
from rehearsal.local_bootstrap import localize
from rehearsal.name_server import NameServer, Registry
from rehearsal.system import System
from rehearsal.templates import read_templates
from tests.conftest import ROOT, Templates

PROXY = Proxy(name="grpc")
SERVICE = Service(name="lessons", address="lessons.learning.local", port=50051)


def differences(left: Any, right: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401
    """Yield the path of each value that two JSON documents do not share."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted({*left, *right}):  # pyright: ignore
            yield from differences(left.get(key), right.get(key), f"{path}.{key}".lstrip("."))  # pyright: ignore
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):  # pyright: ignore
        for index, (one, other) in enumerate(zip(left, right, strict=True)):  # pyright: ignore
            yield from differences(one, other, f"{path}[{index}]")
    elif left != right:
        yield path


def test_only_addresses_and_the_resolver_differ_from_the_deployed_bootstrap() -> None:
    deployed = to_json(bootstrap(PROXY, [SERVICE]))
    local = localize(deployed, address="127.1.2.3", name_server="127.1.2.4", name_server_port=5300)
    assert list(differences(json.loads(deployed), json.loads(local))) == [
        "admin.address.socket_address.address",
        "static_resources.listeners[0].address.socket_address.address",
        "typed_dns_resolver_config.typed_config.resolvers",
    ]


def test_only_the_bootstrap_differs_from_the_deployed_command(assembly: Path, tmp_path: Path) -> None:
    services = read_templates(assembly)
    deployed = next(
        service.command for service in services if service.entry_point == ("/usr/local/bin/envoy",)
    )
    with NameServer("127.0.0.1", {}) as names:
        local = System(services, tmp_path).envoy_arguments(names)
    assert len(local) == len(deployed)
    assert [
        index for index, (one, other) in enumerate(zip(deployed, local, strict=True)) if one != other
    ] == [1]
    assert len(list(differences(json.loads(deployed[1]), json.loads(local[1])))) == 3


def test_name_server_answers_with_at_most_eight_records_another_choice_each_time() -> None:
    addresses = [f"127.1.2.{number}" for number in range(1, 21)]
    query = dns.message.make_query("large.test", dns.rdatatype.A)
    with NameServer("127.0.0.1", {"large.test": Registry(addresses, 5)}) as server:
        answers = [
            dns.query.udp(query, server.address, port=server.port, timeout=5).answer[0] for _ in range(50)
        ]
    assert {len(answer) for answer in answers} == {8}
    assert {answer.ttl for answer in answers} == {5}
    assert len({answer.to_text() for answer in answers}) > 1


def test_name_server_denies_a_name_that_the_namespace_lacks() -> None:
    query = dns.message.make_query("gone.test", dns.rdatatype.A)
    with NameServer("127.0.0.1", {}) as server:
        answer = dns.query.udp(query, server.address, port=server.port, timeout=5)
    assert answer.rcode() == dns.rcode.NXDOMAIN


def test_cv_is_zero_for_even_requests_and_grows_with_skew() -> None:
    assert Result(Counter(a=5, b=5)).cv == 0
    assert Result(Counter(a=400, b=400, c=200, d=200)).cv == pytest.approx(1 / 3)  # pyright: ignore


def rehearse(*arguments: str, **popen: Any) -> subprocess.Popen[str]:  # noqa: ANN401
    command = [sys.executable, "-m", "rehearsal", *arguments]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "120"},
        **popen,
    )


def children_of(pid: int) -> list[int]:
    # The children of every thread: the rehearsal's own, whatever else runs on this machine.
    return [
        int(child)
        for file in Path(f"/proc/{pid}/task").glob("*/children")
        for child in file.read_text().split()
    ]


def test_rehearsal_spreads_requests_evenly_and_fails_no_call(example: Templates) -> None:
    assert example
    done = rehearse("config/example.yaml", "--calls", "60")
    out, err = done.communicate(timeout=120)
    assert done.returncode == 0, err + out
    cvs = [line.split("│")[2:4] for line in out.splitlines() if "│ CV " in line]
    assert len(cvs) == 3
    assert all(float(after) <= 0.01 for _, after in cvs)
    assert any(float(before) > 0.3 for before, _ in cvs)
    assert all(line.split("│")[3].strip() == "0" for line in out.splitlines() if "│ errors " in line)


def test_fails_with_status_2_on_a_bad_configuration(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("environment: dev\n")
    done = rehearse(str(bad))
    _, err = done.communicate(timeout=60)
    assert done.returncode == 2
    assert f"{bad}:1: account: missing" in err
    assert "Traceback" not in err


def test_ctrl_c_ends_every_process_that_it_started() -> None:
    done = rehearse("config/example.yaml", "--calls", "100000")
    assert done.stdout
    while "3/3" not in (line := done.stdout.readline()):
        assert line, "the rehearsal ended by itself"
    children = children_of(done.pid)
    assert len(children) > 10
    time.sleep(1)
    done.send_signal(signal.SIGINT)
    _, err = done.communicate(timeout=60)
    assert done.returncode == 130, err
    assert "Traceback" not in err
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
