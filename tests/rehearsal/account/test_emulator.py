"""Our CloudFormation handlers, by what the emulator's own APIs say afterwards."""

import json
import socket
from collections.abc import Generator
from typing import Any

import pytest

from rehearsal.account.emulator_process import start_emulator
from rehearsal.account.existing import Existing
from rehearsal.processes import Processes, StartFailedError
from tests.emulator import ACCOUNT, REGION, Emulator, client
from tests.waiting import FOREVER, until

VPC = "vpc-0123456789abcdef0"
PATIENT = {"Delay": 1, "MaxAttempts": int(FOREVER)}


def template(*, image: str = "example.com/lessons:1", desired: int | None = None) -> dict[str, Any]:
    container = {
        "Name": "service",
        "Image": image,
        "PortMappings": [{"ContainerPort": 50051}],
        "StopTimeout": 45,
        "DockerLabels": {"Team": "learning"},
        "HealthCheck": {"Command": ["CMD", "/check"], "Interval": 10, "StartPeriod": 5},
    }
    service: dict[str, Any] = {
        "Cluster": "shared",
        "TaskDefinition": {"Ref": "Definition"},
        "ServiceRegistries": [{"RegistryArn": {"Fn::GetAtt": ["Registry", "Arn"]}, "ContainerPort": 50051}],
        "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [{"Ref": "Subnet"}]}},
    }
    if desired is not None:
        service["DesiredCount"] = desired
    name = {"Fn::Join": ["/", ["service/shared", {"Fn::GetAtt": ["Service", "Name"]}]]}
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "Subnet": (
            "EC2::Subnet",
            {"VpcId": VPC, "CidrBlock": "10.20.9.0/24", "AvailabilityZone": f"{REGION}a"},
        ),
        "Address": ("EC2::EIP", {"Domain": "vpc", "Tags": [{"Key": "Name", "Value": "nat"}]}),
        "Gateway": (
            "EC2::NatGateway",
            {"SubnetId": {"Ref": "Subnet"}, "AllocationId": {"Fn::GetAtt": ["Address", "AllocationId"]}},
        ),
        "FlowLog": (
            "EC2::FlowLog",
            {"ResourceId": VPC, "ResourceType": "VPC", "TrafficType": "REJECT", "LogGroupName": "rejected"},
        ),
        "Group": ("EC2::SecurityGroup", {"GroupDescription": "tasks", "VpcId": VPC}),
        "Ingress": (
            "EC2::SecurityGroupIngress",
            {
                "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
                "IpProtocol": "tcp",
                "FromPort": 50051,
                "ToPort": 50051,
                "SourceSecurityGroupId": "sg-0123456789abcdef0",
                "Description": "gRPC",
            },
        ),
        "Egress": (
            "EC2::SecurityGroupEgress",
            {
                "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
                "IpProtocol": "tcp",
                "FromPort": 5432,
                "ToPort": 5432,
                "CidrIp": "10.20.0.0/16",
            },
        ),
        "Default": (
            "Custom::VpcRestrictDefaultSG",
            {
                "ServiceToken": "arn:aws:lambda:::function:x",
                "DefaultSecurityGroupId": {"Fn::GetAtt": ["Vpc", "DefaultSecurityGroup"]},
            },
        ),
        "Vpc": ("EC2::VPC", {"CidrBlock": "10.30.0.0/16"}),
        "Definition": (
            "ECS::TaskDefinition",
            {
                "Family": "lessons",
                "RequiresCompatibilities": ["FARGATE"],
                "ContainerDefinitions": [container],
            },
        ),
        "Registry": (
            "ServiceDiscovery::Service",
            {
                "Name": "stacked",
                "NamespaceId": "ns-0123456789abcdef",
                "DnsConfig": {"NamespaceId": "ns-0123456789abcdef", "DnsRecords": [{"Type": "A", "TTL": 7}]},
            },
        ),
        "Service": ("ECS::Service", service),
        "Target": (
            "ApplicationAutoScaling::ScalableTarget",
            {
                "MinCapacity": 2,
                "MaxCapacity": 6,
                "ResourceId": name,
                "ScalableDimension": "ecs:service:DesiredCount",
                "ServiceNamespace": "ecs",
            },
        ),
        "Policy": (
            "ApplicationAutoScaling::ScalingPolicy",
            {
                "PolicyName": "cpu",
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": {"Ref": "Target"},
            },
        ),
    }
    if desired is not None:
        del kinds["Target"], kinds["Policy"]
    return {
        "Resources": {
            key: {
                "Type": kind if "::" in kind and kind.startswith("Custom") else f"AWS::{kind}",
                "Properties": properties,
            }
            for key, (kind, properties) in kinds.items()
        }
    }


def apply(emulator: Emulator, action: str, body: dict[str, Any]) -> None:
    cloud_formation = client(emulator, "cloudformation")
    getattr(cloud_formation, f"{action}_stack")(
        StackName="test", TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_IAM"]
    )
    cloud_formation.get_waiter(f"stack_{action}_complete").wait(StackName="test", WaiterConfig=PATIENT)


def delete(emulator: Emulator) -> None:
    cloud_formation = client(emulator, "cloudformation")
    cloud_formation.delete_stack(StackName="test")
    cloud_formation.get_waiter("stack_delete_complete").wait(StackName="test", WaiterConfig=PATIENT)


@pytest.fixture
def deployed(emulator: Emulator) -> Generator[Emulator]:
    apply(emulator, "create", template())
    try:
        yield emulator
    finally:
        delete(emulator)


def service_of(emulator: Emulator) -> dict[str, Any]:
    ecs = client(emulator, "ecs")
    arns = ecs.list_services(cluster="shared")["serviceArns"]
    (service,) = ecs.describe_services(cluster="shared", services=arns)["services"]
    return service


def test_handlers_make_what_the_ec2_api_can_be_asked_for(deployed: Emulator) -> None:
    ec2 = client(deployed, "ec2")
    (address,) = ec2.describe_addresses()["Addresses"]
    assert address["Tags"] == [{"Key": "Name", "Value": "nat"}]
    gateways = ec2.describe_nat_gateways(Filters=[{"Name": "state", "Values": ["available"]}])["NatGateways"]
    assert len(gateways) == 2  # that of the VPC which exists, and the stack's
    (flow_log,) = ec2.describe_flow_logs()["FlowLogs"]
    assert (flow_log["ResourceId"], flow_log["TrafficType"]) == (VPC, "REJECT")
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [VPC]}])["SecurityGroups"]
    group = next(g for g in groups if g["Description"] == "tasks")
    (rule,) = group["IpPermissions"]
    assert (rule["FromPort"], rule["UserIdGroupPairs"][0]["GroupId"]) == (50051, "sg-0123456789abcdef0")
    assert {rule.get("FromPort") for rule in group["IpPermissionsEgress"]} == {None, 5432}


def test_a_vpcs_default_security_group_has_no_rule_left(deployed: Emulator) -> None:
    ec2 = client(deployed, "ec2")
    (vpc,) = (v for v in ec2.describe_vpcs()["Vpcs"] if v["CidrBlock"] == "10.30.0.0/16")
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])
    (group,) = groups["SecurityGroups"]
    assert group["IpPermissions"] == group["IpPermissionsEgress"] == []


def test_a_service_keeps_its_registry_and_its_container_definition_is_whole(deployed: Emulator) -> None:
    service = service_of(deployed)
    (registry,) = service["serviceRegistries"]
    assert registry["containerPort"] == 50051
    named = client(deployed, "servicediscovery").get_service(Id=registry["registryArn"].rpartition("/")[2])
    assert named["Service"]["Name"] == "stacked"
    definition = client(deployed, "ecs").describe_task_definition(taskDefinition=service["taskDefinition"])
    (container,) = definition["taskDefinition"]["containerDefinitions"]
    assert container["stopTimeout"] == 45
    assert container["dockerLabels"] == {"Team": "learning"}
    assert container["healthCheck"] == {"command": ["CMD", "/check"], "interval": 10, "startPeriod": 5}


def test_a_scalable_target_raises_the_count_and_no_task_is_invented(deployed: Emulator) -> None:
    service = service_of(deployed)
    assert (service["desiredCount"], service["runningCount"]) == (2, 0)


def test_an_update_sets_the_templates_count_again(emulator: Emulator, deployed: Emulator) -> None:
    apply(emulator, "update", template(desired=4))
    ecs, service = client(emulator, "ecs"), service_of(deployed)
    ecs.update_service(cluster="shared", service=service["serviceName"], desiredCount=6)
    apply(emulator, "update", template(desired=4, image="example.com/lessons:2"))
    updated = service_of(deployed)
    assert updated["desiredCount"] == 4
    assert updated["taskDefinition"] != service["taskDefinition"]
    assert updated["serviceRegistries"] == service["serviceRegistries"]


def test_deleting_the_stack_leaves_nothing_of_it(emulator: Emulator) -> None:
    ec2 = client(emulator, "ec2")

    def counts() -> tuple[int, int, int]:
        available = [{"Name": "state", "Values": ["available"]}]
        return (
            len(ec2.describe_addresses()["Addresses"]),
            len(ec2.describe_flow_logs()["FlowLogs"]),
            len(ec2.describe_nat_gateways(Filters=available)["NatGateways"]),
        )

    apply(emulator, "create", template())
    assert counts() == (1, 1, 2)
    delete(emulator)
    assert counts() == (0, 0, 1)  # the NAT gateway of the VPC that exists already


def test_what_exists_already_has_the_ids_of_the_configuration(emulator: Emulator) -> None:
    ec2, cloud_map = client(emulator, "ec2"), client(emulator, "servicediscovery")
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [VPC]}])["Subnets"]
    assert sorted(s["AvailabilityZone"][-1] for s in subnets) == ["a", "a", "b", "b"]
    assert cloud_map.get_namespace(Id="ns-0123456789abcdef")["Namespace"]["Name"] == "test.local"
    assert {"lessons", "other"} <= {s["Name"] for s in cloud_map.list_services()["Services"]}


def test_fails_with_one_message_where_the_port_is_taken(emulator: Emulator) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            Processes(emulator.logs / "files") as processes,
            pytest.raises(StartFailedError, match=r"emulator ended with status 1; see .*emulator\.err"),
        ):
            start_emulator(
                processes, Existing(account=ACCOUNT, region=REGION), emulator.logs / "other", port=port
            )


@pytest.mark.parametrize("direction", ["Ingress", "Egress"])
@pytest.mark.parametrize(
    ("second", "status"),
    [
        pytest.param({"FromPort": 50051, "ToPort": 50051, "Description": "other"}, "refused", id="the same"),
        pytest.param({"FromPort": 50052, "ToPort": 50052}, "CREATE_COMPLETE", id="another port"),
    ],
)
def test_fails_on_a_rule_that_is_there(
    direction: str, second: dict[str, Any], status: str, emulator: Emulator
) -> None:
    """EC2 answers InvalidPermission.Duplicate, whatever the description says."""
    peer = "Source" if direction == "Ingress" else "Destination"
    rule = {
        "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
        "IpProtocol": "tcp",
        "FromPort": 50051,
        "ToPort": 50051,
        f"{peer}SecurityGroupId": "sg-0123456789abcdef0",
    }
    kind = f"AWS::EC2::SecurityGroup{direction}"
    group = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "tasks", "VpcId": VPC}}
    first = {"Type": kind, "Properties": rule}
    other = {"Type": kind, "Properties": {**rule, **second}, "DependsOn": "First"}
    cloud_formation = client(emulator, "cloudformation")
    name = f"rules-{direction}-{second['ToPort']}"
    cloud_formation.create_stack(
        StackName=name,
        TemplateBody=json.dumps({"Resources": {"Group": group, "First": first, "Second": other}}),
    )

    def state() -> str:
        return cloud_formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]

    until(lambda: not state().endswith("IN_PROGRESS"))
    assert (state() if state() == "CREATE_COMPLETE" else "refused") == status
