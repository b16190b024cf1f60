"""Where services are that something else deploys: the forms of an entry of `existing_services`."""

from pathlib import Path

import pytest

from ecs_envoy.configuration import load_configuration
from ecs_envoy.configuration.plans import service_plans
from ecs_envoy.plan.reach.service_location import AtAddress, InCloudMap, InEcs, Location
from ecs_envoy.settings.reach.port_range import PortRange
from tests.ecs_envoy.configuration.test_configuration import problems

START = """\
environment: prod
region: eu-west-1
account: "111122223333"
network: {vpc_id: vpc-0123456789abcdef0}
namespace: {name: learning.local, id: ns-0123456789abcdef}
existing_services:
  grading:
    grpc_services: [a.B]
"""
OTHER = "namespace: {id: ns-aaaaaaaaaaaaaaaa, name: "


@pytest.mark.parametrize(
    ("entry", "location", "discovery"),
    [
        pytest.param(
            "cloud_map_service: Grading_v2._tcp",
            InCloudMap(service="Grading_v2._tcp", namespace="learning.local", namespace_id="ns-0123456789abcdef"),
            "cloud_map",
            id="in the proxy's namespace",
        ),
        pytest.param(
            "cloud_map_service: grading, discovery: dns, " + OTHER + "platform.local}",
            InCloudMap(service="grading", namespace="platform.local", namespace_id="ns-aaaaaaaaaaaaaaaa"),
            "dns",
            id="in another namespace",
        ),
        pytest.param(
            "cloud_map_service: grading, " + OTHER + "Platform!, type: http}",
            InCloudMap(
                service="grading", namespace="Platform!", namespace_id="ns-aaaaaaaaaaaaaaaa", has_dns=False
            ),
            "cloud_map",
            id="in an HTTP namespace",
        ),
        pytest.param(
            "address: 'lessons.corp:8443', cidrs: [10.50.0.0/16]",
            AtAddress(host="lessons.corp", port=8443),
            "dns",
            id="at an address",
        ),
        pytest.param(
            "ecs_service: {cluster: shared, name: Grading}",
            InEcs(ecs_cluster="shared", ecs_service="Grading"),
            "cloud_map",
            id="in ECS itself",
        ),
    ],
)  # fmt: skip
def test_an_entry_says_in_one_of_several_forms_where_its_tasks_are(
    entry: str, location: Location, discovery: str, tmp_path: Path
) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(START.replace("  grading:\n    grpc_services: [a.B]", f"  grading: {{{entry}}}"))
    ((_, plan),) = service_plans(load_configuration(path))
    assert (plan.location, plan.discovery) == (location, discovery)


def test_the_port_of_an_address_is_the_services_port(tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(START + "    address: lessons.corp:8443\n    cidrs: [10.50.0.0/16]\n")
    ((_, plan),) = service_plans(load_configuration(path))
    assert (plan.upstream.port, plan.address, plan.cidrs) == (8443, "lessons.corp", ("10.50.0.0/16",))


def test_the_ports_of_instances_are_those_that_docker_gives_by_default(tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(START + "    cloud_map_service: grading\n    instance_ports: {}\n")
    ((_, plan),) = service_plans(load_configuration(path))
    assert plan.instance_ports == PortRange(first=32768, last=65535)


def test_without_a_registry_no_namespace_has_to_exist(tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    text = START.replace(", id: ns-0123456789abcdef", "")
    path.write_text(text + "    ecs_service: {cluster: shared, name: grading}\n")
    assert load_configuration(path).namespace.id is None


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        pytest.param(
            "",
            ":7: existing_services.grading: does not say where its tasks are; give cloud_map_service, ecs_service (its ECS cluster and name) or address (a DNS name and a port)",
            id="nowhere",
        ),
        pytest.param(
            "cloud_map_service: grading\n    ecs_service: {cluster: shared, name: grading}",
            ":10: existing_services.grading.ecs_service: is given together with cloud_map_service, and each says where its tasks are; give one",
            id="at two places",
        ),
        pytest.param(
            "ecs_service: {cluster: shared, name: grading}\n    namespace: {id: ns-aaaaaaaaaaaaaaaa, name: a.local}",
            ":10: existing_services.grading.namespace: is only for a cloud_map_service; remove it",
            id="namespace of an ECS service",
        ),
        pytest.param(
            "cloud_map_service: grading\n    namespace: {id: ns-0123456789abcdef, name: a.local}",
            ":10: existing_services.grading.namespace: ns-0123456789abcdef is the namespace of this file, 'learning.local', and not 'a.local'; remove it",
            id="own namespace by another name",
        ),
        pytest.param(
            "cloud_map_service: grading\n    namespace: {id: ns-aaaaaaaaaaaaaaaa, name: a.local}\n  users:\n    grpc_services: [a.C]\n    cloud_map_service: users\n    namespace: {id: ns-aaaaaaaaaaaaaaaa, name: b.local}",
            ":14: existing_services.users.namespace: ns-aaaaaaaaaaaaaaaa is not the same here as under grading; give one name and one type",
            id="one namespace by two names",
        ),
        pytest.param(
            "ecs_service: {cluster: shared}",
            ":9: existing_services.grading.ecs_service.name: missing; give its name in the cluster",
            id="ECS service without a name",
        ),
        pytest.param(
            "ecs_service: {cluster: shared, name: grading}\n    discovery: dns",
            ":10: existing_services.grading.discovery: ECS's own API lists the tasks of an ecs_service; remove it",
            id="ECS service by DNS",
        ),
        pytest.param(
            "cloud_map_service: grading\n    discovery: dns\n    namespace: {id: ns-aaaaaaaaaaaaaaaa, name: a, type: http}",
            ":10: existing_services.grading.discovery: an HTTP namespace has no DNS; give cloud_map, or remove it",
            id="HTTP namespace by DNS",
        ),
        pytest.param(
            "cloud_map_service: grading\n    namespace: {id: a.local, name: a.local}",
            ":10: existing_services.grading.namespace.id: 'a.local' is not a Cloud Map namespace's id; give one such as ns-0123456789abcdef",
            id="namespace by name",
        ),
        pytest.param(
            "cloud_map_service: grading\n    discovery: dns\n    instance_ports: {}",
            ":11: existing_services.grading.instance_ports: an A record has no port; give discovery: cloud_map",
            id="ports of instances by DNS",
        ),
        pytest.param(
            "cloud_map_service: grading\n    instance_ports: {first: 40000, last: 32768}",
            ":10: existing_services.grading.instance_ports: 40000 is above 32768; give the first port and the last",
            id="ports backwards",
        ),
        pytest.param(
            "ecs_service: {cluster: shared, name: grading}\n    instance_ports: {}",
            ":10: existing_services.grading.instance_ports: only Cloud Map has a port for each instance; remove it",
            id="ports of an ECS service",
        ),
        pytest.param(
            "address: lessons:50051\n    cidrs: [10.50.0.0/16]",
            ":9: existing_services.grading.address: 'lessons:50051' is not the address of a service; give a DNS name with a dot, and a port, such as lessons.corp:50051",
            id="name without a dot",
        ),
        pytest.param(
            "address: lessons.corp:70000\n    cidrs: [10.50.0.0/16]",
            ":9: existing_services.grading.address: 70000 is not a port; give a number from 1 to 65535",
            id="no port",
        ),
        pytest.param(
            "address: lessons.corp:50051\n    port: 50052\n    cidrs: [10.50.0.0/16]",
            ":10: existing_services.grading.port: is given together with address, which has a port; remove it",
            id="port given twice",
        ),
        pytest.param(
            "address: lessons.corp:50051\n    discovery: cloud_map\n    cidrs: [10.50.0.0/16]",
            ":10: existing_services.grading.discovery: an address is always found by DNS; remove it",
            id="address by Cloud Map",
        ),
        pytest.param(
            "address: lessons.corp:50051",
            ":7: existing_services.grading.cidrs: missing, and a security group opens no address by its DNS name; give the IPv4 blocks that it leads to, or security_group",
            id="address that no rule can name",
        ),
        pytest.param(
            "cloud_map_service: grading\n    security_group: sg-0123456789abcdef0\n    cidrs: [10.50.0.0/16]",
            ":11: existing_services.grading.cidrs: is given together with security_group, which opens less; give one of the two",
            id="security group and blocks",
        ),
    ],
)  # fmt: skip
def test_fails_for_a_wrong_entry(entry: str, message: str, tmp_path: Path) -> None:
    assert problems(tmp_path, START + f"    {entry}\n") == [message]


KNOWN = "network: {vpc: {id: vpc-01234567, cidr: 10.0.0.0/16, availability_zones: [eu-west-1a, eu-west-1b], subnets: [{group: App, kind: private, ids: [subnet-01234567, subnet-01234568]}]}}"


def test_fails_without_a_security_group_in_a_vpc_whose_subnets_have_no_known_blocks(tmp_path: Path) -> None:
    text = START.replace("network: {vpc_id: vpc-0123456789abcdef0}", KNOWN)
    assert problems(tmp_path, text + "    ecs_service: {cluster: shared, name: grading}\n") == [
        ":7: existing_services.grading.security_group: missing, and network.vpc does not know the blocks of its subnets; give it, or cidrs"
    ]


def test_fails_on_more_blocks_than_a_security_group_has_rules(tmp_path: Path) -> None:
    blocks = ", ".join(f"10.{number}.0.0/16" for number in range(59))
    found = problems(tmp_path, START + f"    cloud_map_service: grading\n    cidrs: [{blocks}]\n")
    assert found == [
        ":6: existing_services: need 61 outbound rules of the proxy, and a security group has at most 60; give cidrs that hold several of them at once, or one security_group that they share"
    ]


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        pytest.param("grpc.learning.local", "the proxy's own name", id="proxy"),
        pytest.param("Calls.Learning.local", "an alias of the proxy", id="alias"),
        pytest.param("grading.grpc.learning.local", "the name of grading at the proxy", id="own name"),
    ],
)
def test_fails_where_the_proxy_would_find_a_service_at_itself(
    address: str, whose: str, tmp_path: Path
) -> None:
    entry = f"    address: {address}:50051\n    cidrs: [10.50.0.0/16]\nproxy: {{aliases: [calls]}}\n"
    (found,) = problems(tmp_path, START + entry)
    assert found.partition(": ")[2] == (
        f"existing_services.grading.address: {address} is {whose}, so that it would call itself; give a name "
        "that leads to the tasks"
    )
