"""Further ports of a proxy, for clients whose port cannot be changed."""

import json
import re
from pathlib import Path

import pytest
from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

from ecs_envoy import Network
from ecs_envoy.configuration import load_configuration
from ecs_envoy.configuration.plans import proxy_task
from tests.ecs_envoy.configuration.test_configuration import GOOD, problems
from tests.ecs_envoy.constructs.factories import containers, grpc_service, proxy_with

WRONG = [
    pytest.param([443], "443 is not a port that Envoy may open without root privileges", id="privileged"),
    pytest.param([50051], "50051 is the port of the proxy already; give another port", id="own"),
    pytest.param([50052, 50052], "50052 is the port of the proxy already; give another port", id="twice"),
    pytest.param([9901], "9901 is the port of Envoy's admin interface; give another port", id="admin"),
    pytest.param([9902], "9902 is the port of the discovery sidecar; give another port", id="sidecar"),
]  # fmt: skip


@pytest.mark.parametrize(("ports", "message"), WRONG)
def test_fails_for_a_further_port_in_yaml_and_as_a_construct(
    ports: list[int], message: str, tmp_path: Path, stack: Stack, network: Network
) -> None:
    (line,) = problems(tmp_path, GOOD + f"proxy: {{further_ports: {ports}}}\n")
    assert f"proxy.further_ports[{len(ports) - 1}]: {message}" in line
    with pytest.raises(ValueError, match=re.escape(message)):
        proxy_with(stack, network, grpc_service(stack, network), further_ports=ports)


def test_fails_if_a_further_port_is_that_of_the_metrics(tmp_path: Path) -> None:
    text = "proxy: {further_ports: [9903], memory: 1024}\ntelemetry: {prometheus: {workspace: new}}\n"
    (line,) = problems(tmp_path, GOOD + text)
    assert "proxy.further_ports[0]: 9903 is the port of the proxy's metrics; give another port" in line


def test_envoy_listens_on_each_port_the_task_maps_it_and_clients_are_let_in_to_it(
    stack: Stack, network: Network
) -> None:
    proxy = proxy_with(stack, network, grpc_service(stack, network), further_ports=[50052, 8443])
    client = ec2.SecurityGroup(stack, "Client", vpc=network.vpc)
    proxy.allow_calls_from(client)
    assert proxy.ports == (50051, 50052, 8443)
    listener = json.loads(proxy.plan.bootstrap)["static_resources"]["listeners"][0]
    places = [listener, *listener["additional_addresses"]]
    assert [place["address"]["socket_address"]["port_value"] for place in places] == [50051, 50052, 8443]
    mapped = containers(stack, "Proxy")["envoy"]["PortMappings"]
    assert [mapping["ContainerPort"] for mapping in mapped] == [50051, 50052, 8443]
    rules = Template.from_stack(stack).find_resources("AWS::EC2::SecurityGroupIngress").values()
    to_proxy = [r["Properties"] for r in rules if r["Properties"]["Description"] == "gRPC through the proxy"]
    assert sorted(rule["FromPort"] for rule in to_proxy) == [8443, 50051, 50052]
    assert all(rule["FromPort"] == rule["ToPort"] for rule in to_proxy)


def test_further_ports_give_the_same_bootstrap_from_yaml_and_from_a_construct(
    tmp_path: Path, stack: Stack, network: Network
) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD.replace("learning.local", "test.local") + "proxy: {further_ports: [8443]}\n")
    service = grpc_service(stack, network, grpc_services=["learning.v1.Lessons"])
    proxy = proxy_with(stack, network, service, further_ports=[8443])
    assert proxy.plan.bootstrap == proxy_task(load_configuration(path)).bootstrap
