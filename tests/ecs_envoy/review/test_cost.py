"""What an environment costs a month."""

import json
from pathlib import Path

import pytest

from ecs_envoy.review.comparison import Comparison
from ecs_envoy.review.cost.costing import cost
from ecs_envoy.review.cost.prices import BadPricesError, our_prices, prices_with
from tests.ecs_envoy.review.templates import Stacks, comparisons, resource

pytestmark = pytest.mark.process


def service(
    *,
    cpu: str = "256",
    memory: str = "512",
    tasks: int = 2,
    public: bool = False,
    spot: int = 0,
    **task: object,
) -> Stacks:
    """Return one ECS service on Fargate."""
    return {
        "app": {
            "Task": resource(
                "ECS::TaskDefinition",
                Cpu=cpu,
                Memory=memory,
                ContainerDefinitions=[{"Name": "server", "Image": "x:1"}],
                **task,
            ),
            "Service": resource(
                "ECS::Service",
                ServiceName="lessons",
                TaskDefinition={"Ref": "Task"},
                DesiredCount=tasks,
                NetworkConfiguration={
                    "AwsvpcConfiguration": {"AssignPublicIp": "ENABLED" if public else "DISABLED"}
                },
                CapacityProviderStrategy=[
                    {"CapacityProvider": "FARGATE", "Weight": 100 - spot},
                    {"CapacityProvider": "FARGATE_SPOT", "Weight": spot},
                ],
            ),
        }
    }


def scaled(lowest: int, highest: int) -> Stacks:
    target = resource(
        "ApplicationAutoScaling::ScalableTarget",
        MinCapacity=lowest,
        MaxCapacity=highest,
        ResourceId={"Fn::Join": ["/", ["service", "cluster", {"Fn::GetAtt": ["Service", "Name"]}]]},
    )
    return {"app": {**service()["app"], "Target": target}}


def proxy(services: int, interval: float, **more: str) -> Stacks:
    """Return a proxy whose sidecar follows so many services in Cloud Map, and one in ECS."""
    followed = [{"name": f"s{n}", "cloud_map_service": f"s{n}", "zone_aware": False} for n in range(services)]
    in_ecs = {"name": "e", "ecs_service": "e", "zone_aware": False}
    settings = {"interval": interval, "services": [*followed, in_ecs], **more}
    containers = [
        {"Name": "envoy", "Image": "envoy", "Command": ["--config-yaml", '{"node":{"cluster":"grpc"}}']},
        {"Name": "discovery", "Image": "discovery", "Command": [json.dumps(settings)]},
    ]
    task = resource("ECS::TaskDefinition", Cpu="256", Memory="512", ContainerDefinitions=containers)
    ecs_service = resource("ECS::Service", TaskDefinition={"Ref": "Task"}, DesiredCount=2)
    return {"app": {"Task": task, "Service": ecs_service}}


LOGGED = {
    "app": {
        "Task": resource(
            "ECS::TaskDefinition",
            Cpu="256",
            Memory="512",
            ContainerDefinitions=[
                {"Name": "server", "Image": "x", "LogConfiguration": {"LogDriver": "awslogs"}}
            ],
        ),
        "Service": service()["app"]["Service"],
    }
}

ALONE: dict[str, tuple[Stacks, str, float]] = {
    # The resources, the line, and its cost a month: hours of a month times AWS's price.
    "fargate": (
        service(),
        "Fargate: `lessons`, 2 tasks of 0.25 vCPU and 0.5 GB",
        2 * 730 * (0.25 * 0.04048 + 0.5 * 0.004445),
    ),
    "arm64": (
        service(RuntimePlatform={"CpuArchitecture": "ARM64"}),
        "Fargate: `lessons`, 2 tasks of 0.25 vCPU and 0.5 GB of arm64",
        2 * 730 * (0.25 * 0.03238 + 0.5 * 0.00356),
    ),
    "half on spot": (
        service(spot=50),
        "Fargate: `lessons`, 2 tasks of 0.25 vCPU and 0.5 GB on Spot in part",
        2 * 730 * (0.25 * 0.04048 + 0.5 * 0.004445) * 0.65,
    ),
    "more disk": (
        service(EphemeralStorage={"SizeInGiB": 50}),
        "Fargate: `lessons`, 2 tasks of 0.25 vCPU and 0.5 GB",
        2 * 730 * (0.25 * 0.04048 + 0.5 * 0.004445 + 30 * 0.000111),
    ),
    "public addresses": (service(public=True), "public addresses: `lessons`, 2 tasks", 2 * 730 * 0.005),
    "logs": (LOGGED, "logs: `lessons`, 2 tasks", 2 * 0.50),
    "Cloud Map": (
        proxy(5, 1.0),
        "Cloud Map's API: the proxy `grpc`, 2 tasks",
        2 * 5 * 730 * (3600 + 12) / 1e6,
    ),
    "Cloud Map, seldom": (
        proxy(5, 10.0),
        "Cloud Map's API: the proxy `grpc`, 2 tasks",
        2 * 5 * 730 * (360 + 12) / 1e6,
    ),
    "Cloud Map, as often as allowed": (
        proxy(200, 1.0),
        "Cloud Map's API: the proxy `grpc`, 2 tasks",
        2 * 730 * (25 * 3600 + 200 * 12) / 1e6,
    ),
    "Cloud Map, with events": (  # the proxy's own tasks, too
        proxy(5, 1.0, queue="https://sqs/events", ecs_cluster="learning"),
        "Cloud Map's API: the proxy `grpc`, 2 tasks",
        2 * 6 * 730 * (120 + 12) / 1e6,
    ),
    "SQS": (
        proxy(5, 1.0, queue="https://sqs/events", ecs_cluster="learning"),
        "ECS's events by SQS: the proxy `grpc`, 2 tasks",
        2 * 730 * 180 * 0.40 / 1e6,
    ),
    "NAT": ({"app": {"Nat": resource("EC2::NatGateway")}}, "NAT gateways, 1", 730 * 0.048),
    "ALB": (
        {"app": {"Alb": resource("ElasticLoadBalancingV2::LoadBalancer", Type="application")}},
        "ALBs, 1",
        730 * 0.0252,
    ),
    "NLB": (
        {"app": {"Nlb": resource("ElasticLoadBalancingV2::LoadBalancer", Type="network")}},
        "NLBs, 1",
        730 * 0.0225,
    ),
    "CLB": (
        {"app": {"Clb": resource("ElasticLoadBalancing::LoadBalancer")}},
        "Classic Load Balancers, 1",
        730 * 0.028,
    ),
    "endpoint": (
        {"app": {"E": resource("EC2::VPCEndpoint", VpcEndpointType="Interface", SubnetIds=["a", "b"])}},
        "interface endpoints, 1",
        2 * 730 * 0.011,
    ),
    "alarms": (
        {
            "app": {
                "A": resource("CloudWatch::Alarm"),
                "B": resource(
                    "CloudWatch::Alarm",
                    Metrics=[
                        {"MetricStat": {"Period": 60}},
                        {"MetricStat": {"Period": 60}},
                        {"Expression": "a/b"},
                    ],
                ),
            }
        },
        "alarms, 2",
        0.30,
    ),
    "dashboard": ({"app": {"D": resource("CloudWatch::Dashboard")}}, "dashboards, 1", 3.00),
    "key": ({"app": {"K": resource("KMS::Key")}}, "KMS keys, 1", 1.00),
    "secret": ({"app": {"S": resource("SecretsManager::Secret")}}, "secrets, 1", 0.40),
    "namespace": (
        {"app": {"N": resource("ServiceDiscovery::PrivateDnsNamespace")}},
        "private hosted zones, 1",
        0.50,
    ),
    "name": (
        {"app": {"N": resource("ServiceDiscovery::Instance")}},
        "names that a stack registers in Cloud Map, 1",
        0.10,
    ),
}
FREE: Stacks = {
    "app": {
        "Gateway": resource("EC2::VPCEndpoint", VpcEndpointType="Gateway"),
        "Group": resource("EC2::SecurityGroup"),
        "Service": resource("ECS::Service", LaunchType="EC2"),
    }
}

EMPTY: Stacks = {"app": {}}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    cases: dict[str, tuple[Stacks | None, Stacks | None]] = {
        name: (None, stacks) for name, (stacks, _, _) in ALONE.items()
    }
    cases |= {
        "free": (None, FREE),
        "scaled": (service(), scaled(2, 10)),
        "resized": (service(), service(cpu="512", memory="1024")),
        "gone": (service(), EMPTY),
    }
    return comparisons(tmp_path_factory.mktemp("cases"), cases)


@pytest.mark.parametrize("case", ALONE)
def test_what_costs_has_its_line(found: dict[str, Comparison], case: str) -> None:
    _, name, expected = ALONE[case]
    lines = {line.name.removesuffix(", new"): line for line in cost(found[case]).lines}
    assert lines[name].after == pytest.approx(expected)
    assert lines[name].before == 0


def test_what_is_free_has_none(found: dict[str, Comparison]) -> None:
    assert cost(found["free"]).lines == ()


def test_autoscaling_costs_between_the_least_and_the_highest_number_of_tasks(
    found: dict[str, Comparison],
) -> None:
    (line,) = cost(found["scaled"]).lines
    assert line.name == (
        "Fargate: `lessons`, 2 tasks of 0.25 vCPU and 0.5 GB → 2 to 10 tasks of 0.25 vCPU and 0.5 GB"
    )
    assert line.after == line.before == line.before_most
    assert line.after_most == pytest.approx(5 * line.after)


def test_a_change_has_one_line_with_both_costs(found: dict[str, Comparison]) -> None:
    whole = cost(found["resized"])
    assert whole.after == pytest.approx(2 * whole.before)
    assert cost(found["gone"]).after == 0


def test_your_own_prices_lie_over_ours(found: dict[str, Comparison], tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(
        "date: 2027-01-01\nregions: {eu-west-1: {nat_gateway_hour: 1}}\nrates: {month_hours: 700}\n"
    )
    own = prices_with(file)
    assert cost(found["NAT"], own).after == 700
    assert cost(found["NAT"], own).assumptions[0].startswith("prices of 2027-01-01")
    assert own.price("kms_key_month", "eu-west-1") == our_prices().price("kms_key_month", "eu-west-1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("regions: {eu-west-1: {rain_hour: 1}}", "regions.eu-west-1.rain_hour: is no price; give some of"),
        ("regions: {eu-west-1: {nat_gateway_hour: -1}}", "regions.eu-west-1.nat_gateway_hour: "),
        ("regions: 3", "regions: "),
        ("rates: {spot_discount: 3}", "rates.spot_discount: "),
        ("rates: {rain: 3}", "rates.rain: "),
        ("sale: 3", "sale: "),
        ("[", "is not YAML"),
        ("5", "give the keys of prices.yaml"),
    ],
)
def test_fails_on_bad_prices_and_names_the_key(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(text)
    with pytest.raises(BadPricesError) as refused:
        prices_with(file)
    assert str(refused.value).startswith(str(file))
    assert message in str(refused.value)
