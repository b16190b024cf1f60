"""How often Python calls Node: each call takes longer than what either does in it."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from aws_cdk import App
from jsii._kernel.providers import process

from app import define_stacks
from ecs_envoy.configuration import load_configuration
from tests.conftest import ROOT

HEAD = """
environment: dev
region: eu-west-1
account: "111122223333"
network: {new: {availability_zones: [euw1-az1, euw1-az2]}}
namespace: {name: learning.local}
proxy: {clients: [10.0.0.0/16]}
services:
"""
SERVICE = """
  service-{number}:
    image: 111122223333.dkr.ecr.eu-west-1.amazonaws.com/service-{number}:1.4.2
    tasks: {{min: 2, max: 50}}
    grpc_services: [company.v1.Service{number}]
"""
MOST_FOR_A_SERVICE = 42
"""
As measured on 2026-11-26, when 112 had become 34, and the group that all services carry took 8. If a change
makes it fewer, lower this.
"""


def test_a_service_takes_few_calls_to_node(tmp_path: Path) -> None:
    # The first makes what all have, such as ports and times, once for the process.
    _, few, more = (calls(tmp_path, services) for services in (1, 2, 4))
    assert (more - few) / 2 <= MOST_FOR_A_SERVICE


IMPORT = """
import aws_cdk
from jsii._kernel.providers import process

def send(self, request, kind):
    raise AssertionError(f"{request} while modules are imported")

process._NodeProcess.send = send
import app, ecs_envoy
for name in ecs_envoy.__all__:
    getattr(ecs_envoy, name)
unused = {"envoy_data_plane", "cdk_monitoring_constructs", "datadog_cdk_constructs_v2", "boto3"}
assert not unused & set(__import__("sys").modules)
"""


def test_node_is_free_to_get_ready_while_python_imports_what_a_synth_needs() -> None:
    # `ValidationInAdvance` uses Node meanwhile in a thread, and jsii has one line to it.
    done = subprocess.run(
        [sys.executable, "-c", IMPORT], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert not done.stderr


def calls(folder: Path, services: int) -> int:
    """Return how many calls define the stacks of a configuration with `services`."""
    file = folder / f"{services}.yaml"
    file.write_text(HEAD + "".join(SERVICE.format(number=number) for number in range(services)))
    with counted() as requests:
        define_stacks(App(outdir=str(folder / str(services))), load_configuration(file))
    return len(requests)


@contextmanager
def counted() -> Generator[list[object]]:
    """Yield the requests that the kernel of jsii sends meanwhile."""
    node = cast("Any", process)._NodeProcess
    requests: list[object] = []
    send = node.send

    def counting(self: object, request: object, kind: object) -> object:
        requests.append(request)
        return send(self, request, kind)

    node.send = counting
    try:
        yield requests
    finally:
        node.send = send
