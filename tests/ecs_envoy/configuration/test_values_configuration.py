"""Real-world values are accepted. Values that AWS would refuse are refused, with line and what to give."""

from pathlib import Path

import botocore.session
import pytest

from ecs_envoy.configuration import Configuration, load_configuration
from ecs_envoy.settings.regions import PARTITIONS
from tests.ecs_envoy.configuration.test_configuration import GOOD, problems


def load(text: str, folder: Path) -> Configuration:
    path = folder / "good.yaml"
    path.write_text(text)
    return load_configuration(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("[learning.v1.Lessons]", "[Greeter]", id="a proto service without a package"),
        pytest.param("region: eu-west-1", "region: eusc-de-east-1", id="the European Sovereign Cloud"),
        pytest.param("region: eu-west-1", "region: cn-northwest-1", id="China"),
        pytest.param("learning.local", "internal", id="a namespace of one label"),
        pytest.param("learning.local", "grpc_services.corp-1.example.com", id="a namespace with underscores"),
        pytest.param("example.com/lessons:1.0.0", "lessons:1.0.0", id="an image of Docker Hub"),
        pytest.param(
            "example.com/lessons:1.0.0", "localhost:5000/a/b_c/d--e:v1", id="a registry with a port"
        ),
    ],
)
def test_accepts(old: str, new: str, tmp_path: Path) -> None:
    assert load(GOOD.replace(old, new), tmp_path).services


PARAMETER = "arn:aws:ssm:eu-west-1:111122223333:parameter/prod/db"
KMS_KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
VERSION = "9d4cb84b-ad69-40c0-a0ab-cead36b967e8"
KEY = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(KEY, id="a whole secret"),
        pytest.param(f"{KEY}:password::", id="a JSON key"),
        pytest.param(f"{KEY}:password:AWSPREVIOUS:", id="a JSON key and a stage"),
        pytest.param(f"{KEY}:password::{VERSION}", id="a JSON key and a version"),
        pytest.param(f"{KEY}:::{VERSION}", id="a version"),
        pytest.param(PARAMETER, id="a parameter"),
    ],
)
def test_a_secret_comes_from_secrets_manager_or_parameter_store(source: str, tmp_path: Path) -> None:
    configuration = load(GOOD + f"    secrets: {{A: '{source}'}}\n    kms_keys: ['{KMS_KEY}']\n", tmp_path)
    assert configuration.services["lessons"].secrets == {"A": source}


NO_SOURCE = (
    "is not the ARN of a secret or of a parameter; give the complete ARN from Secrets Manager with its six random "
    "characters, alone or with a JSON key as in ...:secret:prod/db-AbC123:password::, or an ARN of Parameter Store, "
    "as in ...:parameter/prod/db"
)


@pytest.mark.parametrize(
    "arn",
    [
        pytest.param(KEY[:-7], id="without its six characters"),
        pytest.param(f"{KEY}:password", id="a JSON key without its colons"),
        pytest.param(f"{KEY}:::", id="colons alone"),
        pytest.param(f"{KEY}:password:AWSCURRENT:{VERSION}", id="a stage and a version"),
        pytest.param("/prod/db", id="a parameter's name"),
        pytest.param(f"{KEY}:${{Key}}::", id="a parameter of CloudFormation as JSON key"),
    ],
)
def test_fails_on_a_secret_that_ecs_cannot_read(arn: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, GOOD + f"    secrets: {{A: '{arn}'}}\n")
    assert found.startswith(
        ":10: services.lessons.secrets.A: 'arn:aws:" if arn.startswith("arn") else ":10: "
    )
    assert found.endswith(NO_SOURCE)


@pytest.mark.parametrize("switch", ["cloudwatch", "prometheus", "tracing", "datadog"])
def test_every_backend_is_off_by_false(switch: str, tmp_path: Path) -> None:
    configuration = load(GOOD + f"telemetry: {{{switch}: false}}\n", tmp_path)
    assert getattr(configuration.telemetry, switch) is None


AGENT = f"telemetry: {{datadog: {{api_key_secret: '{KEY}'}}}}\nproxy: {{memory: 1024}}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(GOOD.replace("eu-west-1", "eu-west-9"), ":2: region: 'eu-west-9' is not an AWS region; give its code, such as eu-west-3", id="region"),
        pytest.param(GOOD.replace("learning.local", "amazonaws.com"), ":5: namespace.name: 'amazonaws.com' would hide AWS's own endpoints", id="namespace"),
        pytest.param(GOOD.replace("example.com/lessons:1.0.0", "a//x/:1"), ":8: services.lessons.image: 'a//x/:1' is not an image with an exact version", id="image"),
        pytest.param(GOOD + "    tasks: '4'\n", ":10: services.lessons.tasks: '4' is not a number of tasks; give a number, or bounds such as {min: 2, max: 8}", id="tasks as text"),
        pytest.param(GOOD + "    tasks: 0\n", ":10: services.lessons.tasks: 0 is not a number of tasks; give a number from 1 to 5000", id="no task"),
        pytest.param(GOOD.replace("lessons:\n", "a" * 64 + ":\n"), f":7: services.{'a' * 64}: {'a' * 64!r} has 64 characters; give 63 at most", id="long name"),
        pytest.param(GOOD + f"    secrets: {{A: '{KEY.replace('arn:aws:', 'arn:aws-cn:')}'}}\n", ":10: services.lessons.secrets.A: is a secret in the partition aws-cn, and eu-west-1 is in aws; give one in aws", id="partition"),
        pytest.param(GOOD + f"    secrets: {{A: '{PARAMETER.replace('arn:aws:', 'arn:aws-cn:')}'}}\n", ":10: services.lessons.secrets.A: is a secret in the partition aws-cn, and eu-west-1 is in aws; give one in aws", id="a parameter's partition"),
        pytest.param(GOOD + f"    kms_keys: ['{KMS_KEY.replace('arn:aws:', 'arn:aws-cn:')}']\n", ":10: services.lessons.kms_keys[0]: is a key in the partition aws-cn, and eu-west-1 is in aws; give one in aws", id="a key's partition"),
        pytest.param(GOOD + "    container_health_check: {command: [/check], interval: 5s, timeout: 30s}\n", ":10: services.lessons.container_health_check.timeout: is 30s, longer than the interval; give 5s at most", id="timeout"),
        pytest.param(GOOD + f"    environment: {{A: '{'x' * 65000}'}}\n", ":10: services.lessons.environment: takes 65005 bytes, more than the 55296 that fit a task definition", id="environment"),
        pytest.param(GOOD + "    port: 8126\n" + AGENT, ":10: services.lessons.port: 8126 is the port of Datadog's trace agent; give another", id="agent's port"),
        pytest.param(GOOD + "proxy: {port: 13133}\ntelemetry: {cloudwatch: true}\n", ":10: proxy.port: 13133 is the port of the collector's health check; give another", id="collector's health"),
        pytest.param(GOOD + "proxy: {port: 4317}\ntelemetry: {tracing: true}\n", ":10: proxy.port: 4317 is the port of the collector; give another", id="collector's port"),
    ],
)  # fmt: skip
def test_fails_with_line_and_what_to_give(text: str, message: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, text)
    assert found.startswith(message)


@pytest.mark.parametrize("port", [8126, 4317, 13133])
def test_a_port_of_a_sidecar_that_does_not_run_is_free(port: int, tmp_path: Path) -> None:
    assert load(GOOD + f"    port: {port}\nproxy: {{port: {port}}}\n", tmp_path).proxy.port == port


def test_the_regions_are_those_of_botocore() -> None:
    endpoints = botocore.session.get_session().get_component("data_loader").load_data("endpoints")
    theirs = {p["partition"]: (p["dnsSuffix"], sorted(p["regions"])) for p in endpoints["partitions"]}
    assert {p.name: (p.dns_suffix, sorted(p.regions)) for p in PARTITIONS} == theirs
