"""How tasks are found and how they stop, in constructs."""

import json
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk.assertions import Template

from discovery.settings import parse
from ecs_envoy import Discovery, ExistingGrpcService, Network, Telemetry
from ecs_envoy.plan.discovery import SIDECAR_PORT
from envoy_config.model import ENDPOINTS_FOLDER
from envoy_config.values import HealthCheckType
from tests.ecs_envoy.constructs.factories import BY_DNS, containers, grpc_service, proxy_with


def test_fails_on_more_tasks_than_dns_lists(stack: Stack, network: Network) -> None:
    with pytest.raises(
        ValueError,
        match="lessons: discovery: 5 tasks are twice as many in a rolling deployment",
    ):
        grpc_service(stack, network, max_tasks=5, **BY_DNS)


@pytest.mark.parametrize(
    ("options", "discovery", "zone_aware"),
    [
        pytest.param({}, "eds", True, id="by default"),
        pytest.param({"load_balancing": {"zone_aware": False}}, "eds", False, id="zone_aware is off"),
        pytest.param({**BY_DNS, "max_tasks": 4}, "dns", False, id="as given"),
    ],
)
def test_discovery_is_by_cloud_map_unless_dns_is_wanted(
    stack: Stack, network: Network, options: dict[str, Any], discovery: str, zone_aware: bool
) -> None:
    service = grpc_service(stack, network, **options).plan.envoy_service(None)
    assert (service.discovery, service.zone_aware) == (discovery, zone_aware)


@pytest.mark.parametrize(("chosen", "discovery"), [(None, "eds"), ("dns", "dns")])
def test_an_existing_service_may_have_any_number_of_tasks(
    stack: Stack, network: Network, chosen: Discovery | None, discovery: str
) -> None:
    service = ExistingGrpcService(
        stack, "grading", namespace=network.namespace, cloud_map_service="grading-v2", discovery=chosen
    )
    assert service.plan.envoy_service(None).discovery == discovery


def test_envoy_waits_for_the_sidecar_and_reads_its_files_and_memory_is_reserved_for_it(
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
    heap = json.loads(proxy.plan.bootstrap)["overload_manager"]["resource_monitors"][0]["typed_config"]
    assert int(heap["max_heap_size_bytes"]) <= (512 - 96) * 1024 * 1024
    assert json.loads(command(sidecar)) == {
        "namespace": NAMESPACE_ID,
        "proxy": "grpc",
        "services": [
            {
                "name": "lessons",
                "cloud_map_service": "lessons",
                "port": 50051,
                "zone_aware": True,
                "cloud_map_health": False,
            }
        ],
        "interval": 1.0,
        "queue": QUEUE,
        "ecs_cluster": CLUSTER,
    }


NAMESPACE_ID, QUEUE, CLUSTER = "ns-0123456789abcdef", "https://sqs/events", "learning"
DEPLOYED = {"NetworkNamespace": NAMESPACE_ID, "ProxyEventsQueue": QUEUE, "NetworkEcsCluster": CLUSTER}


def command(sidecar: dict[str, Any]) -> str:
    """Return the argument of the sidecar, in which CloudFormation puts ids and the queue's URL."""
    (argument,) = sidecar["Command"]

    def text(part: object) -> str:
        if isinstance(part, str):
            return part
        (found,) = (value for name, value in DEPLOYED.items() if name in json.dumps(part))
        return found

    return "".join(map(text, argument["Fn::Join"][1]))


@pytest.mark.parametrize(
    ("health_check", "custom_health"),
    [
        pytest.param("tcp", False, id="envoy connects to each task"),
        pytest.param("grpc", False, id="envoy asks each task"),
        pytest.param("none", True, id="only ECS checks"),
    ],
)
@pytest.mark.parametrize(
    "options", [pytest.param(BY_DNS, id="dns"), pytest.param({"max_tasks": 20}, id="cloud map")]
)
def test_cloud_map_keeps_health_only_where_envoy_does_not_check(
    stack: Stack,
    network: Network,
    health_check: HealthCheckType,
    custom_health: bool,
    options: dict[str, Any],
) -> None:
    service = grpc_service(stack, network, health_check=health_check, **options)
    proxy_with(stack, network, service)
    template = Template.from_stack(stack)
    registries = template.find_resources("AWS::ServiceDiscovery::Service").values()
    health = {r["Properties"]["Name"]: "HealthCheckCustomConfig" in r["Properties"] for r in registries}
    assert health == {"lessons": custom_health, "grpc": False, "lessons.grpc": False}
    if "discovery" not in options:
        (followed,) = parse(command(containers(stack, "ProxyTaskDefinition")["discovery"])).services
        assert followed.cloud_map_health is custom_health


def test_a_sick_sidecar_takes_neither_envoy_nor_its_cpu(stack: Stack, network: Network) -> None:
    proxy_with(
        stack,
        network,
        grpc_service(stack, network, max_tasks=20),
        telemetry=Telemetry(cloudwatch=True),
    )
    found = containers(stack, "ProxyTaskDefinition")
    assert [name for name, container in found.items() if container["Essential"]] == ["envoy"]
    # Envoy waits for the sidecar at the start, but not forever.
    assert found["discovery"]["StartTimeout"] == 120
    assert found["envoy"]["Cpu"] > 0.75 * 256
    assert sum(container["Cpu"] for container in found.values()) <= 256
    assert all(container["Cpu"] > 2 for container in found.values())  # ECS counts less as no weight


def test_a_new_namespace_lets_a_missing_name_be_asked_for_again_soon(stack: Stack, network: Network) -> None:
    assert network.namespace
    (namespace,) = (
        Template.from_stack(stack).find_resources("AWS::ServiceDiscovery::PrivateDnsNamespace").values()
    )
    assert 5 <= namespace["Properties"]["Properties"]["DnsProperties"]["SOA"]["TTL"] <= 15


def test_the_sidecar_can_read_the_settings_from_the_construct(stack: Stack, network: Network) -> None:
    proxy_with(
        stack,
        network,
        grpc_service(stack, network, max_tasks=20, grpc_services=["a.B"]),
        grpc_service(
            stack,
            network,
            "grading",
            max_tasks=9,
            grpc_services=["a.C"],
            load_balancing={"zone_aware": False},
        ),
        discovery_interval=Duration.millis(500),
    )
    settings = parse(command(containers(stack, "ProxyTaskDefinition")["discovery"]))
    assert (settings.interval, str(settings.folder), settings.port) == (0.5, ENDPOINTS_FOLDER, SIDECAR_PORT)
    assert [(service.name, service.zone_aware) for service in settings.services] == [
        ("grading", False),
        ("lessons", True),
    ]


def test_if_dns_finds_every_service_there_is_no_sidecar_no_permission_and_no_open_port(
    stack: Stack, network: Network
) -> None:
    assert proxy_with(stack, network, grpc_service(stack, network, **BY_DNS)).discovery_container is None
    assert set(containers(stack, "ProxyTaskDefinition")) == {"envoy", "drain"}
    text = json.dumps(Template.from_stack(stack).to_json())
    assert "servicediscovery:Discover" not in text
    assert "9902" not in text


def test_fails_if_the_listener_has_the_port_of_the_sidecar(stack: Stack, network: Network) -> None:
    with pytest.raises(
        ValueError, match="Proxy: port: 9902 is the port of the discovery sidecar; give another"
    ):
        proxy_with(stack, network, grpc_service(stack, network, max_tasks=20), port=9902)


def test_a_pre_stop_wait_is_a_container_that_ecs_stops_first(stack: Stack, network: Network) -> None:
    grpc_service(stack, network, max_tasks=20, pre_stop_wait=Duration.seconds(5))
    waiting = containers(stack, "lessonsTaskDefinition")["pre-stop"]
    assert waiting["DependsOn"] == [{"Condition": "START", "ContainerName": "service"}]
    assert (waiting["Essential"], waiting["StopTimeout"]) == (False, 10)
    assert "sleep 5" in waiting["Command"][0]


@pytest.mark.parametrize(
    ("discovery", "seconds"),
    [pytest.param("cloud_map", 4, id="Cloud Map"), pytest.param("dns", 72, id="DNS")],
)
def test_by_default_a_task_serves_until_the_proxies_know_that_it_stops(
    stack: Stack, network: Network, discovery: str, seconds: int
) -> None:
    service = grpc_service(stack, network, discovery=discovery)
    assert service.plan.pre_stop_wait.total_seconds() == seconds
    assert f"sleep {seconds};" in containers(stack, "lessonsTaskDefinition")["pre-stop"]["Command"][0]


def test_a_server_that_serves_on_by_itself_needs_no_second_container(stack: Stack, network: Network) -> None:
    grpc_service(stack, network, pre_stop_wait=Duration.seconds(0))
    assert set(containers(stack, "lessonsTaskDefinition")) == {"service"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(
            {"pre_stop_wait": Duration.seconds(71), "discovery": "dns"}, "give 72s to 115s", id="DNS"
        ),
        pytest.param(
            {"pre_stop_wait": Duration.seconds(72), "discovery": "dns", "dns_ttl": Duration.seconds(30)},
            "give 97s to 115s",
            id="a longer TTL",
        ),
        pytest.param(
            {"pre_stop_wait": Duration.seconds(115), "discovery": "dns", "dns_ttl": Duration.seconds(60)},
            "no wait is long enough: the proxies know after 127s that a task stops, and Fargate allows 115s",
            id="too long a TTL",
        ),
        pytest.param(
            {"stop_timeout": Duration.seconds(71), "discovery": "dns", "pre_stop_wait": Duration.seconds(0)},
            "by DNS the proxies call a task until 72s after SIGTERM, and ECS kills the server after 71s",
            id="a server that ends before the proxies know",
        ),
        pytest.param(
            {
                "stop_timeout": Duration.seconds(120),
                "discovery": "dns",
                "pre_stop_wait": Duration.seconds(0),
                "dns_ttl": Duration.seconds(60),
            },
            "until 127s after SIGTERM, and ECS kills the server after 120s; "
            "give discovery: cloud_map, or a dns_ttl of 5s$",
            id="a server that Fargate ends before the proxies know",
        ),
        pytest.param(
            {
                "discovery": "dns",
                "pre_stop_wait": Duration.seconds(0),
                "dns_ttl": Duration.seconds(50),
            },
            "give discovery: cloud_map, or stop_timeout: 117s or more if the server keeps serving by itself$",
            id="longer than a pre-stop wait can be",
        ),
        pytest.param({"pre_stop_wait": Duration.seconds(2)}, "give 4s to 115s", id="Cloud Map"),
        pytest.param(
            {"pre_stop_wait": Duration.minutes(2)}, "give whole seconds from 0s to 115s", id="too long"
        ),
        pytest.param(
            {"stop_timeout": Duration.minutes(3)}, "give whole seconds from 2s to 2m", id="stop timeout"
        ),
    ],
)
def test_fails_on_a_time_that_is_too_short_for_discovery_or_too_long_for_fargate(
    stack: Stack, network: Network, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"lessons: .*{message}"):
        grpc_service(stack, network, **options)
