import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk.assertions import Match, Template

from ecs_envoy import EnvoyProxy, Network
from ecs_envoy.fargate.container_image import container_image
from ecs_envoy.plan.envoy_command import envoy_command
from tests.ecs_envoy.constructs.factories import grpc_service, proxy_with

ENV = Environment(account="111122223333", region="eu-west-1")


def test_clients_can_be_allowed_to_call_the_proxy_as_an_iconnectable(stack: Stack, network: Network) -> None:
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


def test_the_plan_of_a_service_has_its_address_and_its_most_tasks(stack: Stack, network: Network) -> None:
    service = grpc_service(stack, network, grpc_services=["learning.v1.Lessons"], max_tasks=4)
    assert service.plan.address == "lessons.test.local"
    assert service.plan.max_tasks == 4


def test_fails_on_bounds_in_the_wrong_order(stack: Stack, network: Network) -> None:
    with pytest.raises(
        ValueError, match="lessons: max_tasks: is 2, less than the minimum of 3; give 3 or more"
    ):
        grpc_service(stack, network, min_tasks=3, max_tasks=2)


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


def test_a_production_network_survives_the_loss_of_a_zone_and_of_its_nat_gateways() -> None:
    stack = Stack(App(), "production", env=ENV)
    Network(
        stack,
        "Network",
        namespace_name="test.local",
        availability_zones=["euw1-az1", "euw1-az2"],
        nat_gateways=2,
        interface_endpoints=True,
    )
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::EC2::NatGateway", 2)
    endpoints = [e["Properties"] for e in template.find_resources("AWS::EC2::VPCEndpoint").values()]
    inside = {e["ServiceName"] for e in endpoints if e["VpcEndpointType"] == "Interface"}
    names = "ecr.api ecr.dkr logs secretsmanager ssm servicediscovery data-servicediscovery"
    assert inside == {f"com.amazonaws.eu-west-1.{name}" for name in names.split()}
    assert all(len(e["SubnetIds"]) == 2 for e in endpoints if e["VpcEndpointType"] == "Interface")


def test_a_new_vpc_pulls_the_layers_of_images_past_the_nat_gateway() -> None:
    stack = Stack(App(), "any", env=ENV)
    Network(stack, "Network", namespace_name="test.local")
    (endpoint,) = Template.from_stack(stack).find_resources("AWS::EC2::VPCEndpoint").values()
    assert endpoint["Properties"]["VpcEndpointType"] == "Gateway"
    assert "s3" in str(endpoint["Properties"]["ServiceName"])


def test_an_alias_is_a_second_name_of_the_proxy_for_clients_that_move_to_it(
    stack: Stack, network: Network
) -> None:
    proxy_with(stack, network, grpc_service(stack, network), aliases=["rpc"])
    template = Template.from_stack(stack)
    names = template.find_resources("AWS::ServiceDiscovery::Service", {"Properties": {"Name": "rpc"}})
    ((alias, service),) = names.items()
    assert service["Properties"]["DnsConfig"]["DnsRecords"] == [{"TTL": 5, "Type": "CNAME"}]
    assert service["Properties"]["DnsConfig"]["RoutingPolicy"] == "WEIGHTED"
    instances = template.find_resources("AWS::ServiceDiscovery::Instance").values()
    (instance,) = (i for i in instances if i["Properties"]["ServiceId"] == {"Fn::GetAtt": [alias, "Id"]})
    assert instance["Properties"]["InstanceAttributes"] == {"AWS_INSTANCE_CNAME": "grpc.test.local"}
    assert instance["Properties"]["ServiceId"] == {"Fn::GetAtt": [alias, "Id"]}


def test_fails_if_the_vpc_has_only_one_zone() -> None:
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
        ValueError, match="private subnets in too few availability zones: 1; give an ECS cluster"
    ):
        EnvoyProxy(
            stack,
            "Proxy",
            ecs_cluster=network.ecs_cluster,
            namespace=network.namespace,
            services=[grpc_service(stack, network)],
        )


@pytest.mark.parametrize(("cpu", "workers"), [(256, "1"), (1024, "1"), (2048, "2")])
def test_envoy_has_a_worker_for_each_vcpu(cpu: int, workers: str) -> None:
    command = envoy_command("{}", cpu=cpu)
    assert command[command.index("--concurrency") + 1] == workers


def test_the_execution_role_may_pull_an_image_in_ecr(stack: Stack) -> None:
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


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws"), ("xx-new-1", "aws")],
)
def test_the_right_to_pull_an_image_names_the_partition_of_its_region(
    region: str, partition: str, stack: Stack
) -> None:
    definition = ecs.FargateTaskDefinition(stack, "TaskDefinition")
    image = f"111122223333.dkr.ecr.{region}.amazonaws.com/lessons:1.4.2"
    definition.add_container("Container", image=container_image(stack, "Image", image))
    arn = f"arn:{partition}:ecr:{region}:111122223333:repository/lessons"
    assert arn in str(Template.from_stack(stack).to_json())
