"""What a key of a service, the API or the proxy becomes in CloudFormation."""

import json
from pathlib import Path

import pytest

from tests.ecs_envoy.configuration.test_configuration import GOOD
from tests.ecs_envoy.constructs.world.from_yaml import Deployed

ROLE = "arn:aws:iam::111122223333:role/lessons"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
LOGIN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:login-AbCdEf"
API = "api:\n  image: example.com/api:1\n  http_only: true\n"


def test_command_entry_point_and_open_files_are_those_of_the_file(tmp_path: Path) -> None:
    keys = (
        "    command: [--fast]\n    entry_point: [/bin/serve]\n    ulimits: {nofile: {soft: 10, hard: 20}}\n"
    )
    server = Deployed(GOOD + keys, tmp_path).containers("services")["service"]
    assert (server["Command"], server["EntryPoint"]) == (["--fast"], ["/bin/serve"])
    assert server["Ulimits"] == [{"Name": "nofile", "SoftLimit": 10, "HardLimit": 20}]


def test_arm64_is_the_platform_of_every_task_that_asks_and_of_the_sidecars_image(tmp_path: Path) -> None:
    text = GOOD + "    cpu_architecture: arm64\nproxy: {cpu_architecture: arm64}\n"
    deployed = Deployed(text + API + "  cpu_architecture: arm64\n", tmp_path)
    for stack in ("services", "proxy", "api"):
        platform = deployed.only(stack, "AWS::ECS::TaskDefinition")["RuntimePlatform"]
        assert platform == {"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"}
    (path,) = deployed.folder.glob("*proxy.assets.json")
    images = json.loads(path.read_text())["dockerImages"].values()
    assert [image["source"]["platform"] for image in images] == ["linux/arm64"]


def test_tasks_are_shared_between_capacity_providers_that_a_new_cluster_has(tmp_path: Path) -> None:
    keys = "    capacity_providers: [{provider: FARGATE, base: 1}, {provider: FARGATE_SPOT, weight: 3}]\n"
    deployed = Deployed(GOOD + keys, tmp_path)
    service = deployed.only("services", "AWS::ECS::Service")
    assert service["CapacityProviderStrategy"] == [
        {"CapacityProvider": "FARGATE", "Base": 1, "Weight": 1},
        {"CapacityProvider": "FARGATE_SPOT", "Weight": 3},
    ]
    assert "LaunchType" not in service
    providers = deployed.only("network", "AWS::ECS::ClusterCapacityProviderAssociations")
    assert providers["CapacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    assert not Deployed(GOOD, tmp_path).all("AWS::ECS::ClusterCapacityProviderAssociations")


def test_roles_that_exist_are_used_and_get_no_right(tmp_path: Path) -> None:
    keys = f"    task_role: {ROLE}\n    execution_role: {ROLE}-start\n    secrets: {{A: '{LOGIN}'}}\n"
    deployed = Deployed(GOOD + keys, tmp_path)
    definition = deployed.only("services", "AWS::ECS::TaskDefinition")
    assert (definition["TaskRoleArn"], definition["ExecutionRoleArn"]) == (ROLE, f"{ROLE}-start")
    assert not deployed.resources("services", "AWS::IAM::Role")
    assert not deployed.resources("services", "AWS::IAM::Policy")


def test_the_tasks_own_role_may_do_what_the_file_lists(tmp_path: Path) -> None:
    condition = "{StringEquals: {aws:SourceVpc: vpc-0123}}"
    right = f"{{actions: [s3:GetObject], resources: ['arn:aws:s3:::lessons/*'], conditions: {condition}}}"
    assert Deployed(GOOD + f"    task_policy: [{right}]\n", tmp_path).statements("services") == [
        *Deployed(GOOD, tmp_path).statements("services"),
        {
            "Action": "s3:GetObject",
            "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-0123"}},
            "Effect": "Allow",
            "Resource": "arn:aws:s3:::lessons/*",
        },
    ]


def test_a_right_takes_every_action_and_several_values_of_a_condition(tmp_path: Path) -> None:
    conditions = (
        "{'ForAnyValue:StringEqualsIfExists': {'aws:SourceVpc': [vpc-0, vpc-1], 'aws:PrincipalTag/a': b}}"
    )
    policy = f"{{actions: ['ec2:DescribeIpv6Pools'], resources: ['*'], conditions: {conditions}}}"
    found = Deployed(GOOD + f"    task_policy: [{policy}]\n", tmp_path).statements("services")
    assert {
        "Action": "ec2:DescribeIpv6Pools",
        "Effect": "Allow",
        "Resource": "*",
        "Condition": {
            "ForAnyValue:StringEqualsIfExists": {
                "aws:SourceVpc": ["vpc-0", "vpc-1"],
                "aws:PrincipalTag/a": "b",
            }
        },
    } in found


def test_ecs_exec_adds_rights_for_session_managers_channels_and_for_the_tasks_own_log(tmp_path: Path) -> None:
    deployed = Deployed(GOOD + "    enable_execute_command: true\n", tmp_path)
    assert deployed.only("services", "AWS::ECS::Service")["EnableExecuteCommand"] is True
    before = Deployed(GOOD, tmp_path).statements("services")
    added = [statement for statement in deployed.statements("services") if statement not in before]
    actions: set[str] = set()
    for statement in added:
        given: str | list[str] = statement["Action"]
        actions |= {given} if isinstance(given, str) else set(given)
    assert sorted(actions) == [
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ]
    everywhere = [statement["Action"] for statement in added if statement["Resource"] == "*"]
    assert "logs:PutLogEvents" not in json.dumps(everywhere)


def test_a_task_may_have_more_disk(tmp_path: Path) -> None:
    definition = Deployed(GOOD + "    ephemeral_storage: 50\n", tmp_path).only(
        "services", "AWS::ECS::TaskDefinition"
    )
    assert definition["EphemeralStorage"] == {"SizeInGiB": 50}


@pytest.mark.parametrize("group", [True, False], ids=["with the mount targets' group", "without it"])
def test_a_file_system_is_mounted_over_tls_by_a_role_that_may_and_reached_on_its_port(
    group: bool, tmp_path: Path
) -> None:
    more = ", security_group: sg-0123456789abcdef0" if group else ""
    volume = "file_system: fs-0123456789abcdef0, access_point: fsap-0123456789abcdef0, mount_path: /data"
    deployed = Deployed(GOOD + f"    volumes: {{data: {{{volume}{more}}}}}\n", tmp_path)
    (mounted,) = deployed.only("services", "AWS::ECS::TaskDefinition")["Volumes"]
    assert mounted == {
        "Name": "data",
        "EFSVolumeConfiguration": {
            "FilesystemId": "fs-0123456789abcdef0",
            "TransitEncryption": "ENABLED",
            "AuthorizationConfig": {"AccessPointId": "fsap-0123456789abcdef0", "IAM": "ENABLED"},
        },
    }
    server = deployed.containers("services")["service"]
    assert server["MountPoints"] == [{"SourceVolume": "data", "ContainerPath": "/data", "ReadOnly": False}]
    right = next(s for s in deployed.statements("services") if "elasticfilesystem" in str(s["Action"]))
    assert right["Action"] == ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    assert "fsap-0123456789abcdef0" in json.dumps(right["Condition"])
    rules = deployed.resources("services", "AWS::EC2::SecurityGroupIngress")
    into = [rule for rule in rules if rule["FromPort"] == 2049]
    assert [rule["GroupId"] for rule in into] == (["sg-0123456789abcdef0"] if group else [])
    inline = deployed.only("services", "AWS::EC2::SecurityGroup")["SecurityGroupEgress"]
    egress = [*inline, *deployed.resources("services", "AWS::EC2::SecurityGroupEgress")]
    assert [rule["ToPort"] for rule in egress if rule["FromPort"] == 2049] == [2049]


SIDECARS = f"""\
    depends_on: {{migrate: SUCCESS}}
    sidecars:
      migrate: {{image: example.com/a:1, secrets: {{A: '{LOGIN}'}}, repository_credentials: '{LOGIN}'}}
      agent:
        image: example.com/agent:1
        essential: true
        environment: {{B: x}}
        ports: [9000]
        memory: 64
        depends_on: {{service: START}}
"""


def test_sidecars_start_and_stop_in_the_order_of_the_file_and_after_the_pre_stop_container(
    tmp_path: Path,
) -> None:
    found = Deployed(GOOD + SIDECARS, tmp_path).containers("services")
    waits = {
        name: {wait["ContainerName"]: wait["Condition"] for wait in container.get("DependsOn", [])}
        for name, container in found.items()
    }
    assert waits == {
        "service": {"migrate": "SUCCESS"},
        "migrate": {},
        "agent": {"service": "START"},
        # ECS stops it first, and all others serve until it has ended.
        "pre-stop": {"service": "START", "migrate": "START", "agent": "START"},
    }
    agent = found["agent"]
    assert (agent["Essential"], agent["Memory"]) == (True, 64)
    assert agent["Environment"] == [{"Name": "B", "Value": "x"}]
    assert [mapping["ContainerPort"] for mapping in agent["PortMappings"]] == [9000]
    assert found["migrate"]["Secrets"] == [{"Name": "A", "ValueFrom": LOGIN}]
    assert found["migrate"]["RepositoryCredentials"] == {"CredentialsParameter": LOGIN}


def test_an_image_is_pulled_with_the_login_of_its_registry(tmp_path: Path) -> None:
    deployed = Deployed(GOOD + f"    repository_credentials: {LOGIN}\n", tmp_path)
    server = deployed.containers("services")["service"]
    assert server["RepositoryCredentials"] == {"CredentialsParameter": LOGIN}
    assert LOGIN in json.dumps(deployed.statements("services"))


def test_a_log_is_kept_and_encrypted_as_the_file_says(tmp_path: Path) -> None:
    text = GOOD + f"    log: {{retention_days: 7, kms_key: '{KEY}'}}\n"
    text += f"telemetry: {{access_log: {{kms_key: '{KEY}'}}, cloudwatch: {{topic_kms_key: '{KEY}'}}}}\n"
    deployed = Deployed(text + "proxy: {memory: 1024}\n", tmp_path)
    log = deployed.only("services", "AWS::Logs::LogGroup")
    assert (log["RetentionInDays"], log["KmsKeyId"]) == (7, KEY)
    assert [group["KmsKeyId"] for group in deployed.resources("proxy", "AWS::Logs::LogGroup")] == [KEY, KEY]
    assert deployed.only("monitoring", "AWS::SNS::Topic")["KmsMasterKeyId"] == KEY


def test_tags_are_on_every_resource_and_a_services_own_on_its_tasks(tmp_path: Path) -> None:
    text = "tags: {team: learning}\n" + GOOD + "    tags: {service: lessons}\n"
    deployed = Deployed(text, tmp_path)
    for kind in ("AWS::ECS::Service", "AWS::ECS::TaskDefinition", "AWS::IAM::Role", "AWS::EC2::VPC"):
        found = deployed.all(kind)
        assert found
        for resource in found:
            assert {"Key": "team", "Value": "learning"} in resource["Tags"], kind
    service = deployed.only("services", "AWS::ECS::Service")
    assert {"Key": "service", "Value": "lessons"} in service["Tags"]
    assert service["PropagateTags"] == "SERVICE"
    assert {"Key": "service", "Value": "lessons"} not in deployed.only("proxy", "AWS::ECS::Service")["Tags"]


def test_every_role_has_the_permissions_boundary(tmp_path: Path) -> None:
    boundary = "arn:aws:iam::111122223333:policy/boundary"
    deployed = Deployed(f"permissions_boundary: {boundary}\n" + GOOD + API, tmp_path)
    roles = deployed.all("AWS::IAM::Role")
    assert len(roles) > 6
    assert {role.get("PermissionsBoundary") for role in roles} == {boundary}


CALLS = "    tasks: {min: 2, max: 6, memory_percent: 70, calls_per_second: 50}\n"


def test_tasks_scale_by_memory_and_by_the_calls_that_envoy_counts(tmp_path: Path) -> None:
    text = GOOD + CALLS + "telemetry: {cloudwatch: true}\nproxy: {memory: 1024}\n"
    found = Deployed(text, tmp_path).resources("services", "AWS::ApplicationAutoScaling::ScalingPolicy")
    policies = [policy["TargetTrackingScalingPolicyConfiguration"] for policy in found]
    by_name = {
        p.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType", "calls"): p for p in policies
    }
    assert by_name["ECSServiceAverageMemoryUtilization"]["TargetValue"] == 70
    assert by_name["ECSServiceAverageCPUUtilization"]["TargetValue"] == 60
    calls = by_name["calls"]
    assert calls["TargetValue"] == 50
    queries = {q["Id"]: q for q in calls["CustomizedMetricSpecification"]["Metrics"]}
    assert queries["rate"]["Expression"] == "calls / 60 / tasks"
    assert [q.get("ReturnData") for q in queries.values()] == [False, False, None]  # true by default
    stats = {name: queries[name]["MetricStat"] for name in ("calls", "tasks")}
    assert (stats["calls"]["Stat"], stats["tasks"]["Stat"]) == ("Sum", "Average")
    assert stats["calls"]["Metric"]["MetricName"] == "envoy_grpc_requests"
    assert stats["tasks"]["Metric"]["MetricName"] == "envoy_cluster_membership_healthy"
    for stat in stats.values():
        assert stat["Metric"]["Namespace"] == "EcsEnvoy"
        values = {d["Name"]: d["Value"] for d in stat["Metric"]["Dimensions"]}
        assert values == {"proxy": "dev/grpc.learning.local", "service": "lessons"}


@pytest.mark.parametrize(
    ("cpu", "units"),
    [pytest.param(", cpu: 64", 192, id="what a sidecar leaves"), pytest.param("", None, id="no weights")],
)
def test_a_server_has_the_cpu_that_its_sidecars_leave(cpu: str, units: int | None, tmp_path: Path) -> None:
    """Without units of its own it would weigh as much as two, where a sidecar has 64."""
    text = f"    sidecars: {{agent: {{image: 'example.com/agent:1'{cpu}}}}}\n"
    assert Deployed(GOOD + text, tmp_path).containers("services")["service"].get("Cpu") == units
