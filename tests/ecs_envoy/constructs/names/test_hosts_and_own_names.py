"""The names by which clients reach each service: conflicts at synth, and what the templates hold."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Fn, Stack
from aws_cdk import aws_servicediscovery as servicediscovery
from aws_cdk.assertions import Match, Template

from ecs_envoy import ExistingGrpcService, Network
from ecs_envoy.configuration import load_configuration
from ecs_envoy.configuration.plans import proxy_task
from envoy_config import Upstream
from tests.conftest import Envoy
from tests.ecs_envoy.configuration.test_configuration import GOOD, SECOND, problems
from tests.ecs_envoy.configuration.test_cut_over_configuration import BLOCK
from tests.ecs_envoy.constructs.factories import grpc_service, proxy_with

LESSONS: dict[str, Any] = {"grpc_services": ["learning.v1.Lessons"]}
GRADING: dict[str, Any] = {"grpc_services": ["learning.v1.Grading"]}
PROTO = (
    "learning.v1.Lessons is already routed to lessons; remove one of the two: who dials a service's own name "
    "or one of its hosts reaches all of its proto services"
)
SHARED = (
    "clb.example.com is a host of lessons, too; remove one of the two, or list grpc_services in both: on a "
    "shared host the proto service decides"
)

WRONG = {
    "own": ("grading.grpc.NAMESPACE", "grading.grpc.NAMESPACE is the service grading's own name; give"),
    "the proxy's name": (
        "grpc.NAMESPACE",
        "grpc.NAMESPACE is the proxy's own name, by which clients reach every service; remove it",
    ),
    "twice": ("Rpc.NAMESPACE", "rpc.NAMESPACE is given twice; remove one"),
    "with a port": ("a.b:50051", "'a.b:50051' is not a host name; give a DNS name without a port, such as"),
    "wildcard": ("*.a.b", "'*.a.b' is not a host name; give a DNS name without a port, such as"),
}


@pytest.mark.parametrize(("host", "message"), WRONG.values(), ids=WRONG)
def test_fails_for_a_host_in_yaml_and_as_a_construct(
    host: str, message: str, tmp_path: Path, stack: Stack, network: Network
) -> None:
    def named(text: str, namespace: str = "test.local") -> str:
        return text.replace("NAMESPACE", namespace)

    text = named(f"{GOOD}    hosts: [rpc.NAMESPACE, '{host}']\n{SECOND}", "learning.local")
    (line,) = problems(tmp_path, text)
    number = next(number for number, row in enumerate(text.splitlines(), 1) if "hosts:" in row)
    assert f":{number}: services.lessons.hosts[1]: {named(message, 'learning.local')}" in line
    with pytest.raises(ValueError, match=re.escape(named(message))):
        proxy_with(
            stack,
            network,
            grpc_service(stack, network, **LESSONS, hosts=["rpc.test.local", named(host)]),
            grpc_service(stack, network, "grading", **GRADING),
        )


def test_fails_if_two_services_share_a_host_and_one_lists_no_proto_services(
    tmp_path: Path, stack: Stack, network: Network
) -> None:
    host = "    hosts: [CLB.example.com]\n"
    unlisted = SECOND.replace("    grpc_services: [learning.v1.Grading]\n", "")
    (line,) = problems(tmp_path, GOOD + host + unlisted + host)
    assert f"services.grading.hosts[0]: {SHARED}" in line
    clb = ["clb.example.com"]
    services = [
        grpc_service(stack, network, **LESSONS, hosts=clb),
        grpc_service(stack, network, "grading", hosts=clb),
    ]
    with pytest.raises(ValueError, match=re.escape(SHARED)):
        proxy_with(stack, network, *services)


def test_fails_if_two_services_list_a_proto_service_even_with_hosts(
    tmp_path: Path, stack: Stack, network: Network
) -> None:
    both = SECOND.replace("learning.v1.Grading", "learning.v1.Lessons") + "    hosts: [clb.example.com]\n"
    (line,) = problems(tmp_path, GOOD + both)
    assert f"services.grading.grpc_services[0]: {PROTO}" in line
    services = [
        grpc_service(stack, network, **LESSONS),
        grpc_service(stack, network, "grading", **LESSONS, hosts=["clb.example.com"]),
    ]
    with pytest.raises(ValueError, match=re.escape(PROTO)):
        proxy_with(stack, network, *services)


def test_fails_if_a_cloud_map_service_has_the_name_that_a_service_would_get(
    stack: Stack, network: Network
) -> None:
    lessons = grpc_service(stack, network, **LESSONS)
    dotted = ExistingGrpcService(
        stack,
        "grading",
        namespace=network.namespace,
        cloud_map_service="Lessons.grpc",
        upstream=Upstream(grpc_services=GRADING["grpc_services"]),
    )
    message = "lessons.grpc.test.local, its own name at the proxy, is the Cloud Map name of grading"
    with pytest.raises(ValueError, match=re.escape(message)):
        proxy_with(stack, network, lessons, dotted)


def test_fails_if_a_services_own_name_is_longer_than_dns_allows(tmp_path: Path) -> None:
    namespace = ".".join(["n" * 60] * 4)
    (line,) = problems(tmp_path, GOOD.replace("learning.local", namespace))
    assert "services.lessons: lessons.grpc." in line
    assert "has 256 characters, and DNS allows 253; shorten one of its names" in line


def test_a_service_with_hosts_needs_no_list_and_its_own_name_may_be_listed(tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    unlisted = SECOND.replace("    grpc_services: [learning.v1.Grading]\n", "")
    path.write_text(GOOD + unlisted + "    hosts: [Grading.Example.com, grading.grpc.learning.local]\n")
    listeners = json.loads(proxy_task(load_configuration(path)).bootstrap)["static_resources"]["listeners"]
    manager = listeners[0]["filter_chains"][0]["filters"][-1]["typed_config"]
    domains = [virtual_host["domains"] for virtual_host in manager["route_config"]["virtual_hosts"]]
    assert domains == [
        ["*"],
        ["grading.example.com", "grading.grpc.learning.local"],
        ["lessons.grpc.learning.local"],
    ]


def test_each_service_has_a_name_of_its_own_that_leads_to_the_proxy(stack: Stack, network: Network) -> None:
    services = [
        grpc_service(stack, network, **LESSONS),
        grpc_service(stack, network, "grading", **GRADING),
    ]
    proxy_with(stack, network, *services)
    template = Template.from_stack(stack)
    for name in ("lessons.grpc", "grading.grpc"):
        found = template.find_resources("AWS::ServiceDiscovery::Service", {"Properties": {"Name": name}})
        ((record, service),) = found.items()
        assert service["Properties"]["DnsConfig"]["DnsRecords"] == [{"TTL": 5, "Type": "CNAME"}]
        template.has_resource_properties(
            "AWS::ServiceDiscovery::Instance",
            {
                "ServiceId": {"Fn::GetAtt": [record, "Id"]},
                "InstanceAttributes": {"AWS_INSTANCE_CNAME": "grpc.test.local"},
            },
        )


def test_the_sidecar_may_discover_no_more_services_than_before(stack: Stack, network: Network) -> None:
    proxy_with(stack, network, grpc_service(stack, network, **LESSONS))
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Condition": Match.object_like(
                                    {"StringEquals": {"servicediscovery:ServiceName": ["grpc", "lessons"]}}
                                )
                            }
                        )
                    ]
                )
            }
        },
    )


def test_the_name_by_which_clients_move_is_a_host_of_the_service(tmp_path: Path) -> None:
    path = tmp_path / "moved.yaml"
    path.write_text(GOOD + BLOCK.replace("lessons-internal", "Lessons-internal") + SECOND)
    listeners = json.loads(proxy_task(load_configuration(path)).bootstrap)["static_resources"]["listeners"]
    manager = listeners[0]["filter_chains"][0]["filters"][-1]["typed_config"]
    domains = [virtual_host["domains"] for virtual_host in manager["route_config"]["virtual_hosts"]]
    assert ["lessons-internal.example.com", "lessons.grpc.learning.local"] in domains


def test_fails_if_the_name_by_which_clients_move_is_a_host_of_a_service_without_a_list(
    tmp_path: Path,
) -> None:
    unlisted = SECOND.replace("    grpc_services: [learning.v1.Grading]\n", "")
    host = "    hosts: [lessons-internal.example.com]\n"
    (line,) = problems(tmp_path, GOOD + BLOCK + unlisted + host)
    assert ":16: services.grading.hosts[0]: lessons-internal.example.com is a host of lessons, too;" in line


def test_a_namespace_whose_name_is_known_only_at_deployment_leaves_no_token_in_the_bootstrap(
    stack: Stack, network: Network, envoy: Envoy, tmp_path: Path
) -> None:
    imported = servicediscovery.PrivateDnsNamespace.from_private_dns_namespace_attributes(
        stack,
        "Imported",
        namespace_name=Fn.import_value("name"),
        namespace_id="ns-0123456789abcdef",
        namespace_arn="arn:aws:servicediscovery:eu-west-1:111122223333:namespace/ns-0123456789abcdef",
    )
    proxy = proxy_with(stack, network, grpc_service(stack, network, **LESSONS), namespace=imported)
    assert "Token[" not in proxy.plan.bootstrap
    assert '"domains":["lessons.grpc.*"]' in proxy.plan.bootstrap
    envoy.validate(proxy.plan.bootstrap, tmp_path)
