import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import (
    BIN,
    ROOT,
    Assembly,
    Envoy,
    RunCdk,
    Snapshot,
    Templates,
    pretty,
    proxy_container,
    read_templates,
    resources,
)

SNAPSHOTS = Path(__file__).parent / "snapshots"


def readable(template: dict[str, Any]) -> str:
    """Return `template` without the CDK's own metadata, its embedded code and its parameters."""
    text = pretty({**template, "Parameters": None, "Rules": None, "Conditions": None})
    text = re.sub(r'"Analytics": "[^"]*"', '"Analytics": "..."', text)
    text = re.sub(r"(container-assets-[\w-]+:)[0-9a-f]{64}", r"\1...", text)
    return re.sub(r'"(S3Key|aws:asset:path)": "[^"]*"', r'"\1": "..."', text)


def test_each_template_matches_its_snapshot(assembly: Path, snapshot: Snapshot) -> None:
    for name, template in read_templates(assembly).items():
        snapshot(SNAPSHOTS / f"{name}.json", readable(template))


def test_envoy_accepts_the_deployed_bootstrap(assembly: Path, envoy: Envoy, tmp_path: Path) -> None:
    command = proxy_container(read_templates(assembly))["Command"]
    assert command[0] == "--config-yaml"
    envoy.validate(command[1], tmp_path)


def test_cfn_lint_finds_nothing(assembly: Path) -> None:
    templates = sorted(map(str, assembly.glob("*.template.json")))
    done = subprocess.run([BIN / "cfn-lint", *templates], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_cdk_nag_finds_nothing_that_is_not_accepted_with_a_reason(assembly: Path) -> None:
    report = json.loads((assembly / "validation-report.json").read_text())
    conclusions = {plugin["pluginName"]: plugin["conclusion"] for plugin in report["pluginReports"]}
    assert conclusions["AwsSolutions"] == "success"
    # The CDK's own checks are in the report only where one of them was accepted.
    assert set(conclusions.values()) == {"success"}


def test_stacks_need_only_those_before_them(assembly: Path) -> None:
    manifest = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    stacks = {name: value for name, value in manifest.items() if value["type"] == "aws:cloudformation:stack"}
    order = ["network", "services", "proxy", "cut-over", "api", "monitoring"]
    assert {"network", "services", "proxy"} <= {name.partition("-")[2] for name in stacks} <= set(order)
    for name, value in stacks.items():
        before = order[: order.index(name.partition("-")[2])]
        needed = {other.partition("-")[2] for other in value.get("dependencies", []) if other in stacks}
        assert needed <= set(before), f"{name} needs {needed}"


def test_the_proxy_runs_as_the_issue_promises(example: Templates) -> None:
    container = proxy_container(example)
    assert container["Image"] == "docker.io/envoyproxy/envoy:v1.40.0"
    assert container["ReadonlyRootFilesystem"] is True
    assert container["User"] == "101:101"
    assert "curl" not in json.dumps(container["HealthCheck"])
    # Without it Envoy drops a service's tasks while DNS lists none (ADR 0007).
    assert container["Environment"] == [
        {"Name": "LOCALDOMAIN", "Value": "x" * 64},
        {"Name": "RES_OPTIONS", "Value": "ndots:1"},
    ]
    definition = next(
        d for d in resources(example, "AWS::ECS::TaskDefinition") if d["ContainerDefinitions"][0] == container
    )
    assert (definition["Cpu"], definition["Memory"]) == ("256", "512")
    service = next(
        resource["Properties"]
        for resource in example["dev-proxy"]["Resources"].values()
        if resource["Type"] == "AWS::ECS::Service"
    )
    assert service["DesiredCount"] == 2
    assert len(service["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"]) == 2


def test_every_deployment_is_rolled_back_when_it_fails_and_starts_new_tasks_first(example: Templates) -> None:
    services = resources(example, "AWS::ECS::Service")
    assert len(services) == 5
    (proxy,) = resources({"dev-proxy": example["dev-proxy"]}, "AWS::ECS::Service")
    for service in services:
        assert service["DeploymentConfiguration"] == {
            "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
            # Proxies one at a time: a client that is connected to both keeps one.
            "MaximumPercent": 150 if service == proxy else 200,
            "MinimumHealthyPercent": 100,
        }
        assert service["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"


def test_zones_are_given_by_id_because_a_letter_is_another_place_in_each_account(example: Templates) -> None:
    subnets = resources(example, "AWS::EC2::Subnet")
    assert [subnet["AvailabilityZoneId"] for subnet in subnets] == ["euw1-az1", "euw1-az2"] * 2
    assert not any("AvailabilityZone" in subnet for subnet in subnets)


def test_registries_list_tasks_as_multivalue_a_records(example: Templates) -> None:
    registries = resources(example, "AWS::ServiceDiscovery::Service")
    records = {registry["Name"]: registry["DnsConfig"]["DnsRecords"][0]["Type"] for registry in registries}
    tasks, services = {"grpc", "lessons", "progress", "grading"}, {"lessons", "progress", "grading"}
    assert records == dict.fromkeys(tasks, "A") | {f"{name}.grpc": "CNAME" for name in services}
    registries = [registry for registry in registries if records[registry["Name"]] == "A"]
    for registry in registries:
        assert registry["DnsConfig"]["RoutingPolicy"] == "MULTIVALUE"
        assert registry["DnsConfig"]["DnsRecords"] == [{"TTL": 5, "Type": "A"}]


def test_autoscaling_has_bounds_and_no_count_in_the_template_undoes_it(example: Templates) -> None:
    (target,) = resources(example, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 6)
    assert sum("DesiredCount" not in service for service in resources(example, "AWS::ECS::Service")) == 1


def test_the_api_gets_the_proxys_address_in_the_variable_that_the_configuration_names(
    example: Templates,
) -> None:
    text = json.dumps(example["dev-api"])
    assert '{"Name": "LEARNING_GRPC_ADDRESS", "Value": "grpc.learning.local:50051"}' in text


def test_clients_reach_the_proxy_the_proxy_reaches_services_and_nobody_else_anything(
    example: Templates,
) -> None:
    def name(group: object) -> str:
        (logical_id,) = re.findall(r"(\w*SecurityGroup)[0-9A-F]{8}", json.dumps(group))
        return logical_id.removeprefix("ExportsOutputFnGetAtt")

    def rule(properties: dict[str, Any]) -> tuple[str, str, int, int]:
        source, target = name(properties["SourceSecurityGroupId"]), name(properties["GroupId"])
        return source, target, properties["FromPort"], properties["ToPort"]

    assert {rule(properties) for properties in resources(example, "AWS::EC2::SecurityGroupIngress")} == {
        ("ApiLoadBalancerSecurityGroup", "ApiSecurityGroup", 8080, 8080),
        ("ApiSecurityGroup", "ProxySecurityGroup", 50051, 50051),
        ("ProxySecurityGroup", "ProxySecurityGroup", 9902, 9902),
        ("ProxySecurityGroup", "lessonsSecurityGroup", 50051, 50051),
        ("ProxySecurityGroup", "progressSecurityGroup", 50051, 50051),
        ("ProxySecurityGroup", "gradingSecurityGroup", 50052, 50052),
    }
    groups = resources(example, "AWS::EC2::SecurityGroup")
    open_to_the_world = [group for group in groups if group.get("SecurityGroupIngress")]
    assert [sorted(rule["FromPort"] for rule in g["SecurityGroupIngress"]) for g in open_to_the_world] == [
        [80, 443]
    ]
    outbound = {rule.get("FromPort") for group in groups for rule in group.get("SecurityGroupEgress", [])}
    assert outbound <= {443, 5432, 252}  # 252-86 is the CDK's way to write 'nowhere'


def test_iam_grants_stars_only_where_an_action_has_no_resources(example: Templates) -> None:
    policies = [p["PolicyDocument"] for p in resources(example, "AWS::IAM::Policy")]
    stars = {
        json.dumps(statement["Action"])
        for policy in policies
        for statement in policy["Statement"]
        if statement["Resource"] == "*"
    }
    discover = ["servicediscovery:DiscoverInstances", "servicediscovery:DiscoverInstancesRevision"]
    assert stars == {'"ecr:GetAuthorizationToken"', json.dumps(discover)}


def test_only_the_proxys_task_role_may_do_anything(example: Templates) -> None:
    attached = json.dumps([policy["Roles"] for policy in resources(example, "AWS::IAM::Policy")])
    task_roles = [
        logical_id
        for template in example.values()
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role" and "TaskRole" in logical_id
    ]
    assert len(task_roles) == 5
    (proxys,) = [role for role in task_roles if role in attached]
    assert proxys.startswith("ProxyTaskDefinition")


def test_the_sidecar_may_discover_this_namespaces_services_and_nothing_else(large: Templates) -> None:
    *discover, named = [
        statement
        for policy in resources(large, "AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if "servicediscovery" in json.dumps(statement["Action"])
    ]
    assert discover == [
        {
            "Action": ["servicediscovery:DiscoverInstances", "servicediscovery:DiscoverInstancesRevision"],
            "Condition": {
                # The HttpName may be the DNS name and a hash.
                "StringLike": {"servicediscovery:NamespaceName": "large.local*"},
                "StringEquals": {"servicediscovery:ServiceName": ["grpc", "lessons", "progress"]},
            },
            "Effect": "Allow",
            "Resource": "*",
        },
    ]
    assert (named["Action"], named["Effect"]) == ("servicediscovery:GetNamespace", "Allow")
    assert "NetworkNamespace" in json.dumps(named["Resource"])
    assert "Arn" in json.dumps(named["Resource"])


def test_only_proxies_reach_the_sidecars_of_other_proxies(large: Templates) -> None:
    rules = [
        (json.dumps(rule["SourceSecurityGroupId"]), json.dumps(rule["GroupId"]))
        for rule in resources(large, "AWS::EC2::SecurityGroupIngress")
        if rule["FromPort"] == 9902
    ]
    ((source, target),) = rules
    assert source == target
    assert "ProxySecurityGroup" in source


@pytest.mark.parametrize("name", ["existing", "large", "telemetry"])  # the README's test has example
def test_another_person_gets_the_same_templates_from_the_cdk_cli_without_credentials_and_docker(
    name: str, assembly_of: Assembly, run_cdk: RunCdk, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "elsewhere.yaml").write_text((ROOT / f"config/{name}.yaml").read_text())
    done = run_cdk(
        *("cdk", "synth", "--quiet"),
        # What only the CLI adds to a template.
        *("--no-version-reporting", "--no-path-metadata", "--no-asset-metadata"),
        *("--context", f"config={tmp_path / 'elsewhere.yaml'}", "--output", tmp_path / "out"),
        folder=ROOT,
        HOME=str(tmp_path / "home"),
        CDK_DOCKER="/no/docker",
    )
    assert done.returncode == 0, done.stderr
    assert read_templates(tmp_path / "out") == read_templates(assembly_of(name))
