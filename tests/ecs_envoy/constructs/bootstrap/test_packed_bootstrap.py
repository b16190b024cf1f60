"""A bootstrap that does not fit a task definition as it is."""

import random
import subprocess

import pytest
from aws_cdk import Stack
from aws_cdk.assertions import Template

from ecs_envoy import BootstrapTooLargeError, EnvoyProxy, Network
from ecs_envoy.plan.envoy_command import envoy_command
from ecs_envoy.plan.packed_bootstrap import ENTRY_POINT, ENVOY, is_packed, unpack
from ecs_envoy.plan.task_definition_size import RESERVED_BYTES, TASK_DEFINITION_BYTES
from envoy_config import Proxy, Service, Upstream
from envoy_config.bootstrap import bootstrap
from envoy_config.rendering import to_json
from tests.conftest import BIN
from tests.ecs_envoy.constructs.factories import BY_DNS, grpc_service

MAX_ARGUMENT = 128 * 1024
"""The longest argument that Linux passes to a program (`MAX_ARG_STRLEN`)."""

MOST = TASK_DEFINITION_BYTES - RESERVED_BYTES


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the deployed entry point with the Envoy of this machine."""
    entry_point = [part.replace(ENVOY, str(BIN / "envoy")) for part in ENTRY_POINT]
    return subprocess.run([*entry_point, *arguments], capture_output=True, text=True, check=False)


def test_thirty_services_fit_a_proxy_and_the_real_envoy_reads_them(stack: Stack, network: Network) -> None:
    services = [
        grpc_service(stack, network, f"s{number}", grpc_services=[f"a.S{number}"], **BY_DNS)
        for number in range(30)
    ]
    proxy = EnvoyProxy(
        stack, "Proxy", ecs_cluster=network.ecs_cluster, namespace=network.namespace, services=services
    )
    (envoy,) = (
        container
        for definition in Template.from_stack(stack).find_resources("AWS::ECS::TaskDefinition").values()
        for container in definition["Properties"]["ContainerDefinitions"]
        if container["Name"] == "envoy"
    )
    assert envoy["EntryPoint"] == list(ENTRY_POINT)
    assert is_packed(envoy["Command"][1])
    assert unpack(envoy["Command"][1]) == proxy.plan.bootstrap
    assert run(*envoy["Command"], "--mode", "validate").returncode == 0


def test_the_real_envoy_reads_more_than_one_argument_can_hold() -> None:
    services = [
        Service(
            name=f"s{number}", address=f"s{number}.local", upstream=Upstream(grpc_services=[f"a.S{number}"])
        )
        for number in range(200)
    ]
    text = to_json(bootstrap(Proxy(name="grpc"), services))
    assert len(text) > MAX_ARGUMENT
    done = run(*envoy_command(text, cpu=256), "--mode", "validate")
    assert done.returncode == 0, done.stderr[-500:]


def test_a_bootstrap_is_plain_as_long_as_it_fits() -> None:
    fits = "{" + "x" * (MOST - 3)
    assert envoy_command(fits, cpu=256)[1] == fits
    assert is_packed(envoy_command(fits + "x", cpu=256)[1])


def test_the_same_bootstrap_is_packed_alike() -> None:
    large = "{" * MOST
    assert envoy_command(large, cpu=256) == envoy_command(large, cpu=256)


def test_fails_and_says_why_where_a_bootstrap_cannot_be_unpacked() -> None:
    done = run("--config-yaml", "bm8gZ3ppcA==", "--concurrency", "1")
    assert done.returncode == 1
    assert "Envoy's bootstrap cannot be unpacked: the image needs bash, base64 and gunzip" in done.stderr


def test_fails_on_a_large_bootstrap_with_a_part_that_is_known_only_at_deployment() -> None:
    with pytest.raises(BootstrapTooLargeError, match="has to be packed, and a part of it is known only at"):
        envoy_command("{${Token[TOKEN.1]}" + "x" * MOST, cpu=256)


def test_fails_on_a_bootstrap_that_does_not_fit_even_packed() -> None:
    noise = "{" + random.Random(17).randbytes(MOST).hex()
    with pytest.raises(BootstrapTooLargeError, match=r"takes \d+ bytes when it is packed, \d+ more than the"):
        envoy_command(noise, cpu=256)


def test_fails_on_what_is_no_packed_bootstrap() -> None:
    with pytest.raises(ValueError, match="this is no packed bootstrap"):
        unpack("bm8gZ3ppcA==")
