"""`ecs-envoy doctor` against an account: the emulator's."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ecs_envoy.configuration import load_configuration
from ecs_envoy.doctor.checkup import CHECKS, UnreachableError, examine
from tests.conftest import ROOT
from tests.deployed import CloudFormation, synthesized
from tests.ecs_envoy.cli.test_cli import ended
from tests.emulator import ACCOUNT, Emulator, client
from tests.emulator import emulator as emulator

pytestmark = pytest.mark.synth

CREDENTIALS = "log in to the account, or name a profile of `aws configure list-profiles` by --profile"
STACKS = ("doctor-network", "doctor-services", "doctor-proxy", "doctor-monitoring")
BLOCKS: dict[str, Any] = {
    "network": {"vpc_id": "vpc-0123456789abcdef0"},
    "namespace": {"name": "test.local", "id": "ns-0123456789abcdef"},
    "services": {
        "grading": {
            "image": "example.com/grading:1",
            "grpc_services": ["a.v1.A"],
            "discovery": "dns",
            "stop_timeout": "2m",
        }
    },
    "existing_services": {
        "lessons": {"cloud_map_service": "lessons", "grpc_services": ["b.v1.B"]},
        "users": {"cloud_map_service": "users", "grpc_services": ["c.v1.C"]},
    },
    "telemetry": {"cloudwatch": {}},
    "proxy": {"cpu": 512, "memory": 1024},
}


@pytest.fixture(autouse=True)
def credentials(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in emulator.aws.environment().items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def config(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of an environment that is deployed to the emulator; its tasks do not run."""
    folder = tmp_path_factory.mktemp("deployed") / "doctor"
    templates = synthesized(folder, name="doctor", **BLOCKS)
    CloudFormation(emulator).create(templates, *STACKS)
    return folder / "config.yaml"


def found(config: Path) -> dict[str, list[str]]:
    """Return what each check finds, by its title."""
    results: dict[str, list[str]] = {check.title: [] for check in CHECKS}
    for check, result in examine(load_configuration(config), None):
        results[check.title].append(f"{result.status} {result.subject}: {result.message}")
    return results


def test_each_stack_and_the_account_are_looked_at(config: Path) -> None:
    results = found(config)
    assert results["Is this the account?"][0].startswith(f"ok {ACCOUNT}")
    assert results["Are the stacks deployed?"] == [f"ok {name}: is CREATE_COMPLETE" for name in STACKS]
    for line in results["Do the tasks run?"]:
        assert line.endswith("runs 0 of 2 tasks; the service's events in ECS say why")


def test_a_stack_that_is_not_deployed_is_a_problem_and_the_other_checks_go_on(tmp_path: Path) -> None:
    synthesized(tmp_path / "other", name="other")
    results = found(tmp_path / "other/config.yaml")
    first = results["Are the stacks deployed?"][0]
    assert first == "problem other-network: is not deployed; run cdk deploy other-network"
    missing = "unknown other: the stack other-services does not exist; deploy it"
    assert results["Do the tasks run?"] == [missing]
    assert all(results.values())


def test_another_bootstrap_than_the_configurations_is_told(config: Path, tmp_path: Path) -> None:
    (told,) = found(config)["Does Envoy have this configuration?"]
    assert told.endswith("Envoy has the bootstrap of this configuration")
    changed = tmp_path / "changed.yaml"
    changed.write_text(config.read_text().replace("a.v1.A", "a.v1.Renamed"))
    (told,) = found(changed)["Does Envoy have this configuration?"]
    assert told.startswith("warning ")
    assert "cdk diff shows the difference" in told


def test_addresses_without_a_task_are_a_problem(config: Path, emulator: Emulator) -> None:
    cloud_map = client(emulator, "servicediscovery")
    registry = next(s["Id"] for s in cloud_map.list_services()["Services"] if s["Name"] == "grading")
    cloud_map.register_instance(
        ServiceId=registry, InstanceId="gone", Attributes={"AWS_INSTANCE_IPV4": "10.0.0.9"}
    )
    try:
        assert any(
            line.startswith("problem grading: lists 10.0.0.9, where no task of it runs")
            for line in found(config)["Does Cloud Map list the tasks that run?"]
        )
        assert any(
            line.startswith("warning grading.test.local: has 0 records, and Cloud Map lists 1")
            for line in found(config)["Does DNS list what Cloud Map lists?"]
        )
        change_record(emulator, "CREATE")
        dns = found(config)["Does DNS list what Cloud Map lists?"]
        assert "ok grading.test.local: has the 1 records of Cloud Map's list" in dns
    finally:
        cloud_map.deregister_instance(ServiceId=registry, InstanceId="gone")


def change_record(emulator: Emulator, action: str) -> None:
    namespace = client(emulator, "servicediscovery").get_namespace(Id="ns-0123456789abcdef")["Namespace"]
    record = {
        "Name": "grading.test.local",
        "Type": "A",
        "TTL": 5,
        "SetIdentifier": "gone",
        "MultiValueAnswer": True,
        "ResourceRecords": [{"Value": "10.0.0.9"}],
    }
    client(emulator, "route53").change_resource_record_sets(
        HostedZoneId=namespace["Properties"]["DnsProperties"]["HostedZoneId"],
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]},
    )


def test_a_namespace_of_another_name_than_the_configurations_is_a_problem(
    config: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "changed.yaml"
    changed.write_text(config.read_text().replace("test.local", "other.local"))
    told = found(changed)["Does DNS list what Cloud Map lists?"][0]
    assert told.startswith("problem test.local: is the name of ns-0123456789abcdef, and the configuration")


def test_existing_services_are_looked_for_in_the_namespace(config: Path) -> None:
    told = found(config)["Are the existing services there?"]
    assert told[0] == "problem lessons: lessons lists no task; ask its owner"
    assert told[1].startswith("problem users: users is not a service of the namespace; give its name there")


def test_alarms_may_publish_to_the_topic_that_we_make_until_its_policy_denies(
    config: Path, emulator: Emulator
) -> None:
    (told,) = found(config)["Do alarms reach somebody?"]
    assert told.startswith("ok arn:aws:sns:") or "nobody has subscribed" in told
    sns = client(emulator, "sns")
    (topic,) = (t["TopicArn"] for t in sns.list_topics()["Topics"])
    before = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
    policy = {"Statement": [*json.loads(before)["Statement"], deny]}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy))
    try:
        (told,) = found(config)["Do alarms reach somebody?"]
        assert told.startswith(f"problem {topic}: its policy does not let cloudwatch.amazonaws.com publish")
    finally:
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=before)


def test_the_command_ends_with_1_where_a_check_finds_a_problem(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, "doctor", str(config), "--live") == 1
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines} <= {"ok", "warning", "problem", "unknown"}
    assert any(line.startswith("problem  Do the tasks run? ") for line in lines)


def test_without_live_nothing_is_asked_and_the_rights_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert ended(monkeypatch, "doctor", str(ROOT / "config/example.yaml")) == 0
    said = capsys.readouterr().out
    for check in CHECKS:
        assert check.title in said
        assert all(action in said for action in check.actions)
    actions = {action.partition(":")[2] for check in CHECKS for action in check.actions}
    assert all(action.startswith(("Get", "List", "Describe", "Discover")) for action in actions)


def test_fails_with_one_line_where_aws_does_not_answer(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(UnreachableError, match="Could not connect to the endpoint"):
        list(examine(load_configuration(config), None))
    assert ended(monkeypatch, "doctor", str(config), "--live") == 1
    said = capsys.readouterr()
    assert (said.out, len(said.err.splitlines())) == ("", 1)


def test_fails_with_one_line_for_a_profile_that_does_not_exist(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, "doctor", str(config), "--live", "--profile", "nobody") == 1
    said = capsys.readouterr()
    message = "The config profile (nobody) could not be found"
    assert (said.out, said.err) == ("", f"{config}: {message}; {CREDENTIALS}\n")


def test_fails_with_one_line_that_says_how_to_give_credentials(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    assert ended(monkeypatch, "doctor", str(config), "--live") == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"{config}: Unable to locate credentials; {CREDENTIALS}\n")
