import json
from typing import Any

import pytest
from aws_cdk import App, Duration, Environment, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk.assertions import Match, Template

from discovery.settings import parse
from ecs_envoy import (
    BootstrapTooLargeError,
    Discovery,
    EnvoyProxy,
    ExistingGrpcService,
    GrpcService,
    Network,
)
from ecs_envoy.container_image import container_image
from ecs_envoy.discovery_settings import SIDECAR_PORT
from ecs_envoy.envoy_command import RESERVED_BYTES, TASK_DEFINITION_BYTES, envoy_command
from envoy_config.model import ENDPOINTS_FOLDER

ENV = Environment(account="111122223333", region="eu-west-1")


@pytest.fixture
def stack() -> Stack:
    return Stack(App(), "test")


@pytest.fixture
def network(stack: Stack) -> Network:
    return Network(stack, "Network", namespace_name="test.local", availability_zones=[])


def grpc_service(stack: Stack, network: Network, name: str = "lessons", **options: Any) -> GrpcService:  # noqa: ANN401
    return GrpcService(
        stack,
        name,
        ecs_cluster=network.ecs_cluster,
        namespace=network.namespace,
        name=name,
        image=ecs.ContainerImage.from_registry("example.com/lessons:1.0.0"),
        **options,
    )


def test_proxy_is_an_iconnectable_that_others_can_be_let_in_to(stack: Stack, network: Network) -> None:
    service = grpc_service(stack, network)
    proxy = EnvoyProxy(
        stack,
        "Proxy",
        ecs_cluster=network.ecs_cluster,
        namespace=network.namespace,
        services=[service],
        port=8443,
    )
    client = ec2.SecurityGroup(stack, "Client", vpc=network.vpc)
    client.connections.allow_to_default_port(proxy)
    assert proxy.address == "grpc.test.local:8443"
    Template.from_stack(stack).has_resource_properties(
        "AWS::EC2::SecurityGroupIngress", {"FromPort": 8443, "SourceSecurityGroupId": Match.any_value()}
    )


def test_service_names_its_upstream_in_plain_text(stack: Stack, network: Network) -> None:
    service = grpc_service(stack, network, grpc_services=["learning.v1.Lessons"], max_tasks=4)
    assert service.upstream.address == "lessons.test.local"
    assert service.upstream.max_tasks == 4


def test_fails_on_bounds_in_the_wrong_order(stack: Stack, network: Network) -> None:
    with pytest.raises(ValueError, match="lessons: max_tasks is 2, below min_tasks; give 3 or more"):
        grpc_service(stack, network, min_tasks=3, max_tasks=2)


def test_fails_on_more_tasks_than_dns_lists(stack: Stack, network: Network) -> None:
    with pytest.raises(ValueError, match="lessons: 9 tasks are more than the 8 that a DNS answer lists"):
        grpc_service(stack, network, max_tasks=9, discovery=Discovery.DNS)


@pytest.mark.parametrize(
    ("options", "discovery", "zone_aware"),
    [
        pytest.param({"max_tasks": 8}, "dns", False, id="8"),
        pytest.param({"max_tasks": 9}, "eds", True, id="9"),
        pytest.param({"max_tasks": 9, "zone_aware": False}, "eds", False, id="9, zones do not matter"),
        pytest.param({"discovery": Discovery.CLOUD_MAP}, "eds", True, id="by wish"),
    ],
)
def test_discovery_follows_from_the_most_tasks(
    stack: Stack, network: Network, options: dict[str, Any], discovery: str, zone_aware: bool
) -> None:
    upstream = grpc_service(stack, network, **options).upstream
    assert (upstream.discovery, upstream.zone_aware) == (discovery, zone_aware)


@pytest.mark.parametrize(("wanted", "discovery"), [(None, "eds"), (Discovery.DNS, "dns")])
def test_an_existing_service_may_have_any_number_of_tasks(
    stack: Stack, network: Network, wanted: Discovery | None, discovery: str
) -> None:
    service = ExistingGrpcService(
        stack, "grading", namespace=network.namespace, cloud_map_service="grading-v2", discovery=wanted
    )
    assert service.upstream.discovery == discovery


def proxy_with(stack: Stack, network: Network, *services: GrpcService, **options: Any) -> EnvoyProxy:  # noqa: ANN401
    return EnvoyProxy(
        stack,
        "Proxy",
        ecs_cluster=network.ecs_cluster,
        namespace=network.namespace,
        services=services,
        **options,
    )


def containers(stack: Stack, family: str) -> dict[str, Any]:
    definitions = Template.from_stack(stack).find_resources("AWS::ECS::TaskDefinition")
    (found,) = (d["Properties"] for name, d in definitions.items() if name.startswith(family))
    return {container["Name"]: container for container in found["ContainerDefinitions"]}


def test_envoy_waits_for_the_sidecar_reads_its_files_and_leaves_it_its_memory(
    stack: Stack, network: Network
) -> None:
    image = ecs.ContainerImage.from_registry("example.com/discovery:1.0.0")
    proxy = proxy_with(stack, network, grpc_service(stack, network, max_tasks=20), discovery_image=image)
    found = containers(stack, "ProxyTaskDefinition")
    envoy, sidecar = found["envoy"], found["discovery"]
    assert envoy["DependsOn"] == [{"Condition": "HEALTHY", "ContainerName": "discovery"}]
    assert envoy["MountPoints"] == [
        {"ContainerPath": "/endpoints", "ReadOnly": True, "SourceVolume": "endpoints"}
    ]
    assert sidecar["MountPoints"][0]["ReadOnly"] is False
    assert (sidecar["Memory"], sidecar["Image"]) == (96, "example.com/discovery:1.0.0")
    assert sidecar["RestartPolicy"]["Enabled"] is True
    heap = json.loads(proxy.bootstrap)["overload_manager"]["resource_monitors"][0]["typed_config"]
    assert int(heap["max_heap_size_bytes"]) <= (512 - 96) * 1024 * 1024
    assert json.loads(sidecar["Command"][0]) == {
        "namespace": "test.local",
        "proxy": "grpc",
        "services": [{"name": "lessons", "cloud_map_service": "lessons", "port": 50051, "zone_aware": True}],
        "interval": 1.0,
    }


def test_the_sidecar_reads_what_the_construct_tells_it(stack: Stack, network: Network) -> None:
    proxy_with(
        stack,
        network,
        grpc_service(stack, network, max_tasks=20, grpc_services=["a.B"]),
        grpc_service(stack, network, "grading", max_tasks=9, grpc_services=["a.C"], zone_aware=False),
        discovery_interval=Duration.millis(500),
    )
    settings = parse(containers(stack, "ProxyTaskDefinition")["discovery"]["Command"][0])
    assert (settings.interval, str(settings.folder), settings.port) == (0.5, ENDPOINTS_FOLDER, SIDECAR_PORT)
    assert [(service.name, service.zone_aware) for service in settings.services] == [
        ("grading", False),
        ("lessons", True),
    ]


def test_without_a_service_of_many_tasks_there_is_no_sidecar_no_right_and_no_open_port(
    stack: Stack, network: Network
) -> None:
    assert proxy_with(stack, network, grpc_service(stack, network)).discovery_container is None
    assert set(containers(stack, "ProxyTaskDefinition")) == {"envoy"}
    text = json.dumps(Template.from_stack(stack).to_json())
    assert "servicediscovery:Discover" not in text
    assert "9902" not in text


def test_sidecars_may_talk_to_each_other_only_where_zones_matter(stack: Stack, network: Network) -> None:
    proxy_with(stack, network, grpc_service(stack, network, max_tasks=20, zone_aware=False))
    Template.from_stack(stack).resource_properties_count_is(
        "AWS::EC2::SecurityGroupIngress", {"FromPort": 9902}, 0
    )


def test_fails_on_the_sidecars_port_for_the_listener(stack: Stack, network: Network) -> None:
    with pytest.raises(ValueError, match="grpc: 9902 is the port of the discovery sidecar; give another"):
        proxy_with(stack, network, grpc_service(stack, network, max_tasks=20), port=9902)


def test_a_pre_stop_wait_is_a_container_that_ecs_stops_first(stack: Stack, network: Network) -> None:
    grpc_service(stack, network, max_tasks=20, pre_stop_wait=Duration.seconds(5))
    waiting = containers(stack, "lessonsTaskDefinition")["pre-stop"]
    assert waiting["DependsOn"] == [{"Condition": "START", "ContainerName": "service"}]
    assert (waiting["Essential"], waiting["StopTimeout"]) == (False, 10)
    assert "sleep 5" in waiting["Command"][0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"pre_stop_wait": Duration.seconds(11)}, "give 12s to 115s", id="DNS"),
        pytest.param(
            {"pre_stop_wait": Duration.seconds(12), "dns_ttl": Duration.seconds(60)},
            "give 67s to 115s",
            id="a longer TTL",
        ),
        pytest.param(
            {"pre_stop_wait": Duration.seconds(2), "max_tasks": 9}, "give 4s to 115s", id="Cloud Map"
        ),
        pytest.param({"pre_stop_wait": Duration.minutes(2)}, "longer than Fargate allows", id="too long"),
        pytest.param({"stop_timeout": Duration.minutes(3)}, "give 2s to 120s", id="stop timeout"),
    ],
)
def test_fails_on_a_time_that_does_not_cover_discovery_or_that_fargate_has_not(
    stack: Stack, network: Network, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"lessons: .*{message}"):
        grpc_service(stack, network, **options)


def test_fails_on_an_envoy_image_without_exact_version(stack: Stack, network: Network) -> None:
    service = grpc_service(stack, network)
    for image in ("envoyproxy/envoy:v1.40-latest", "envoyproxy/envoy", "envoyproxy/envoy:distroless-v1.40.0"):
        with pytest.raises(ValueError, match=r"docker\.io/envoyproxy/envoy:v1\.40\.0"):
            EnvoyProxy(
                stack,
                image,
                ecs_cluster=network.ecs_cluster,
                namespace=network.namespace,
                services=[service],
                image=image,
            )


def test_a_digest_of_envoy_is_accepted(stack: Stack, network: Network) -> None:
    image = f"registry.example.com/envoy@sha256:{'0' * 64}"
    EnvoyProxy(
        stack,
        "Proxy",
        ecs_cluster=network.ecs_cluster,
        namespace=network.namespace,
        services=[grpc_service(stack, network)],
        image=image,
    )
    assert image in str(Template.from_stack(stack).to_json())


def test_fails_where_the_vpc_has_one_zone() -> None:
    stack = Stack(App(), "one-zone", env=ENV)
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["eu-west-1a"],
        private_subnet_ids=["subnet-0123456789abcdef0"],
    )
    network = Network(stack, "Network", namespace_name="test.local", vpc=vpc)
    with pytest.raises(
        ValueError, match="private subnets in 1 availability zone; give one with private subnets"
    ):
        EnvoyProxy(
            stack,
            "Proxy",
            ecs_cluster=network.ecs_cluster,
            namespace=network.namespace,
            services=[grpc_service(stack, network)],
        )


def test_fails_by_how_much_a_bootstrap_is_too_large_and_says_what_to_do(
    stack: Stack, network: Network
) -> None:
    services = [
        grpc_service(stack, network, f"s{number}", grpc_services=[f"a.S{number}"]) for number in range(30)
    ]
    with pytest.raises(
        BootstrapTooLargeError, match=r"is \d+ bytes, \d+ more than the 61440 .* route fewer services"
    ):
        EnvoyProxy(
            stack, "Proxy", ecs_cluster=network.ecs_cluster, namespace=network.namespace, services=services
        )


def test_a_bootstrap_that_just_fits_is_accepted() -> None:
    most = TASK_DEFINITION_BYTES - RESERVED_BYTES
    assert envoy_command("x" * (most - 2), cpu=256)
    with pytest.raises(BootstrapTooLargeError, match="1 more than"):
        envoy_command("x" * (most - 1), cpu=256)


@pytest.mark.parametrize(("cpu", "workers"), [(256, "1"), (1024, "1"), (2048, "2")])
def test_envoy_has_a_worker_for_each_vcpu(cpu: int, workers: str) -> None:
    command = envoy_command("{}", cpu=cpu)
    assert command[command.index("--concurrency") + 1] == workers


def test_an_image_in_ecr_brings_the_right_to_pull_it(stack: Stack) -> None:
    definition = ecs.FargateTaskDefinition(stack, "TaskDefinition")
    image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/lessons:1.4.2"
    definition.add_container("Container", image=container_image(stack, "Image", image))
    template = Template.from_stack(stack)
    template.has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": Match.object_like(
                {
                    "Statement": Match.array_with(
                        [
                            Match.object_like(
                                {"Resource": "arn:aws:ecr:eu-west-1:111122223333:repository/team/lessons"}
                            )
                        ]
                    )
                }
            )
        },
    )
