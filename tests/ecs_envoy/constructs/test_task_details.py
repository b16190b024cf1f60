"""Details of task definitions and services that AWS's defaults would decide otherwise, or change."""

import json

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template

from ecs_envoy import Datadog, Network, PublicApi, Telemetry
from tests.ecs_envoy.constructs.factories import containers, grpc_service, proxy_with

KEY = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:key-AbC123"


def test_the_collector_keeps_the_first_value_of_a_new_counter(stack: Stack, network: Network) -> None:
    proxy_with(stack, network, grpc_service(stack, network), telemetry=Telemetry(cloudwatch=True))
    collector = containers(stack, "Proxy")["collector"]
    (settings,) = (v["Value"] for v in collector["Environment"] if v["Name"] == "AOT_CONFIG_CONTENT")
    text = settings if isinstance(settings, str) else json.dumps(settings).replace('\\"', '"')
    assert '"retain_initial_value_of_delta_metric":true' in text


def test_a_burst_kills_neither_the_collector_nor_the_log_router(stack: Stack, network: Network) -> None:
    datadog = Datadog(
        api_key_secret=secretsmanager.Secret.from_secret_complete_arn(stack, "Key", KEY),
        env="test",
        access_log=True,
    )
    telemetry = Telemetry(cloudwatch=True, datadog=datadog)
    proxy_with(stack, network, grpc_service(stack, network), telemetry=telemetry, memory_limit_mib=1024)
    found = containers(stack, "Proxy")
    limits = {
        name: (c["MemoryReservation"], c["Memory"]) for name, c in found.items() if "MemoryReservation" in c
    }
    assert limits == {"collector": (128, 256), "datadog-log-router": (64, 128)}


def test_a_container_never_waits_for_its_log(stack: Stack, network: Network) -> None:
    proxy_with(stack, network, grpc_service(stack, network), telemetry=Telemetry(cloudwatch=True))
    for family in ("Proxy", "lessons"):
        for container in containers(stack, family).values():
            options = container["LogConfiguration"]["Options"]
            assert (options["mode"], options["max-buffer-size"]) == ("non-blocking", f"{10 * 1024 * 1024}b")


def test_services_say_that_they_rebalance_zones_and_tag_their_tasks(stack: Stack, network: Network) -> None:
    proxy_with(stack, network, grpc_service(stack, network))
    services = Template.from_stack(stack).find_resources("AWS::ECS::Service")
    assert len(services) == 2
    for service in services.values():
        assert service["Properties"]["AvailabilityZoneRebalancing"] == "ENABLED"
        assert service["Properties"]["PropagateTags"] == "SERVICE"


@pytest.mark.parametrize("protected", [True, False])
def test_the_alb_is_protected_from_deletion_where_that_is_asked_for(
    protected: bool,
) -> None:
    stack = Stack(App(), "test", env=Environment(region="eu-west-1", account="111122223333"))
    network = Network(
        stack, "Network", namespace_name="test.local", availability_zones=["eu-west-1a", "eu-west-1b"]
    )
    PublicApi(
        stack,
        "Api",
        ecs_cluster=network.ecs_cluster,
        image=ecs.ContainerImage.from_registry("example.com/api:1.0.0"),
        certificate=acm.Certificate.from_certificate_arn(
            stack, "Certificate", "arn:aws:acm:eu-west-1:111122223333:certificate/1"
        ),
        deletion_protection=protected,
    )
    (balancer,) = (
        Template.from_stack(stack).find_resources("AWS::ElasticLoadBalancingV2::LoadBalancer").values()
    )
    attributes = {a["Key"]: a["Value"] for a in balancer["Properties"]["LoadBalancerAttributes"]}
    assert attributes["deletion_protection.enabled"] == str(protected).lower()
