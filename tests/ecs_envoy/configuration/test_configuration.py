import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from ecs_envoy.configuration import ConfigurationError, load_configuration
from ecs_envoy.configuration.document import read_document
from ecs_envoy.configuration.reference import reference
from ecs_envoy.configuration.schema import json_schema
from tests.conftest import ROOT

GOOD = """\
environment: dev
region: eu-west-1
account: "111122223333"
namespace:
  name: learning.local
services:
  lessons:
    image: example.com/lessons:1.0.0
    grpc_services: [learning.v1.Lessons]
"""
SECOND = """\
  grading:
    image: example.com/grading:1.0.0
    grpc_services: [learning.v1.Grading]
"""


def problems(folder: Path, text: str) -> list[str]:
    path = folder / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as error:
        load_configuration(path)
    return [line.removeprefix(str(path)) for line in str(error.value).splitlines()]


def test_the_smallest_configuration_has_a_default_for_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD)
    configuration = load_configuration(path)
    assert (configuration.proxy.cpu, configuration.proxy.memory, configuration.proxy.tasks.max) == (
        256,
        512,
        2,
    )
    assert configuration.services["lessons"].tasks.max == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(GOOD + "prxy: {}\n", ":10: prxy: unknown key; did you mean proxy?", id="unknown key"),
        pytest.param(
            GOOD + "region: eu-west-2\n", ":10: region: given twice, first on line 2; remove one of them", id="key given twice"
        ),
        pytest.param(
            GOOD.replace("account: ", "account: 12 #"),
            ':3: account: 12 is not an AWS account; give twelve digits in quotes, such as "111122223333"',
            id="wrong type",
        ),
        pytest.param(
            GOOD + "    container_health_check: {command: [/check], interval: 10}\n",
            ":10: services.lessons.container_health_check.interval: 10 is not a duration; "
            "give a whole number with its unit, such as 250ms, 3s or 1m",
            id="duration without unit",
        ),
        pytest.param(
            GOOD + "    container_health_check: {command: [/check], interval: 250ms}\n",
            ":10: services.lessons.container_health_check.interval: '250ms' is not an interval of ECS's health checks; "
            "give whole seconds from 5s to 5m",
            id="duration out of range",
        ),
        pytest.param(
            GOOD + "network: {new: {cidr: 10.0.0.300/16}}\n",
            ":10: network.new.cidr: '10.0.0.300/16' is not an IPv4 block; give its first address and its length",
            id="address block",
        ),
        pytest.param(
            GOOD + "proxy: {port: 80}\n",
            ":10: proxy.port: 80 is not a port that Envoy may open without root privileges; "
            "give a number from 1024 to 65535",
            id="privileged port",
        ),
        pytest.param(
            GOOD + "api:\n  image: 'example.com/api:1'\n"
            "  certificate: arn:aws:acm:us-east-1:111122223333:certificate/0f1e\n",
            ":12: api.certificate: is a certificate in us-east-1, which no ALB in eu-west-1 can use; give one in eu-west-1",
            id="certificate of another region",
        ),
        pytest.param(
            GOOD + SECOND.replace("Grading]", "Lessons]"),
            ":12: services.grading.grpc_services[0]: learning.v1.Lessons is already routed to lessons; "
            "remove one of the two",
            id="proto service routed twice",
        ),
        pytest.param(
            GOOD + SECOND.replace("    grpc_services: [learning.v1.Grading]\n", ""),
            ":10: services.grading.grpc_services: missing, although the proxy has several services; "
            "list the proto services to route here",
            id="no proto service, although there is another service",
        ),
        pytest.param(
            GOOD + "    port: 70000\n",
            ":10: services.lessons.port: 70000 is not a port; give a number from 1 to 65535",
            id="port",
        ),
        pytest.param(
            GOOD.replace("lessons:\n", "Les_sons:\n"),
            ":7: services.Les_sons: 'Les_sons' is not a DNS label; give lower-case letters, digits and hyphens, "
            "such as lessons",
            id="DNS name",
        ),
        pytest.param(
            GOOD + "    cpu: 300\n",
            ":10: services.lessons.cpu: 300 is not a CPU size of Fargate; "
            "give one of 256, 512, 1024, 2048, 4096, 8192, 16384",
            id="cpu",
        ),
        pytest.param(
            GOOD + "proxy:\n  memory: 4096\n",
            ":11: proxy.memory: Fargate does not offer 4096 MiB with 256 CPU units; give memory: 512, 1024, 2048",
            id="memory",
        ),
        pytest.param(
            GOOD + "    tasks: {min: 2, max: 2, cpu_percent: 50}\n",
            ":10: services.lessons.tasks.cpu_percent: has no effect, because min is max; remove it, or give a larger max",
            id="a percentage without autoscaling",
        ),
        pytest.param(
            GOOD + "proxy: {tasks: {min: 2, max: 4, cpu_percent: 60}}\ntelemetry: {cloudwatch: true}\n",
            ":10: proxy.tasks.cpu_percent: 60 is not below the alarm's proxy_cpu_percent, 60, which would go off "
            "before there are more tasks; give less",
            id="an alarm before the proxy scales",
        ),
        pytest.param(
            GOOD + "    tasks: {min: 4, max: 2}\n",
            ":10: services.lessons.tasks.max: is 2, less than the minimum of 4; give 4 or more",
            id="bounds",
        ),
        pytest.param(
            GOOD.replace("lessons:1.0.0", "lessons:latest"),
            ":8: services.lessons.image: 'example.com/lessons:latest' is not an image with an exact version; "
            "give a name with a tag other than latest or a digest, such as registry.example.com/lessons:1.4.2",
            id="image with the tag latest",
        ),
        pytest.param(
            GOOD + "proxy: {image: 'docker.io/envoyproxy/envoy:v1.40-latest'}\n",
            ":10: proxy.image: 'docker.io/envoyproxy/envoy:v1.40-latest' does not name an exact version of Envoy; "
            "give a full version or a digest, such as docker.io/envoyproxy/envoy:v1.40.0",
            id="proxy image",
        ),
        pytest.param(
            GOOD + "network: {new: {availability_zones: [eu-west-1a]}}\n",
            ":10: network.new.availability_zones: one zone can fail; give at least two",
            id="one zone",
        ),
        pytest.param(
            GOOD.replace("region: eu-west-1\n", ""), ":1: region: missing; give the AWS region, such as eu-west-1",
            id="missing key",
        ),
        pytest.param(
            GOOD + "    port: 1:30\n", ":10: services.lessons.port: '1:30' is not a port; give a number from 1 to 65535",
            id="YAML 1.1's sexagesimal",
        ),
        pytest.param(
            GOOD.replace("111122223333", "\u0661" * 12),
            ":3: account: '" + "\u0661" * 12 + "' is not an AWS account; give twelve digits in quotes",
            id="digits of another script",
        ),
        pytest.param(
            GOOD + "proxy: {port: 9901}\n", ":10: proxy.port: 9901 is the port of Envoy's admin interface; give another",
            id="admin port",
        ),
        pytest.param(
            GOOD + "network: {new: {nat_gateways: 3}}\n",
            ":10: network.new.nat_gateways: 3 NAT gateways are more than the 2 zones; give 2 at most",
            id="more NAT gateways than zones",
        ),
        pytest.param(
            GOOD + "    environment: {A: x}\n    secrets: {A: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf'}\n",
            ":11: services.lessons.secrets.A: is also a variable under environment; remove one of the two",
            id="variable given twice",
        ),
        pytest.param(
            GOOD + "api:\n  image: 'example.com/api:1'\n  environment: {GRPC_ADDRESS: x}\n"
            "  certificate: arn:aws:acm:eu-west-1:111122223333:certificate/0f1e\n",
            ":12: api.environment.GRPC_ADDRESS: is set to the proxy's address; remove it, or give another",
            id="the proxy's variable",
        ),
        pytest.param(
            GOOD + "rehearsal: {services: {lesson: {command: [./serve]}}}\n",
            ":10: rehearsal.services.lesson: no service has this name; give one of api, lessons",
            id="rehearsed service",
        ),
        pytest.param(
            GOOD + "rehearsal: {services: {lessons: {command: [./serve]}}}\n",
            ":10: rehearsal.services.lessons: methods: missing; give the unary methods to call",
            id="rehearsed service without methods",
        ),
        pytest.param(
            GOOD + "rehearsal: {work: 3s}\n",
            ":10: rehearsal.work: '3s' is not a time for one call; give a time from 0s to 1s",
            id="too much work",
        ),
        pytest.param(GOOD + "api: 3\n", ":10: api: 3 is not a mapping; give 'key: value' lines below it", id="not a mapping"),
    ],
)  # fmt: skip
def test_fails_with_file_line_key_and_what_to_give(text: str, message: str, tmp_path: Path) -> None:
    found = problems(tmp_path, text)
    assert len(found) == 1, found
    assert found[0].startswith(message)


def test_fails_with_all_mistakes_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = (
        GOOD.replace("eu-west-1", "west")
        + "    port: 0\n    tasks: {min: 9, max: 3}\n"
        + "proxy: {cpu: 512}\nextra: 1\n"
    )
    lines = [line.split(":")[1:3] for line in problems(tmp_path, text)]
    assert lines == [
        ["2", " region"],
        ["10", " services.lessons.port"],
        ["11", " services.lessons.tasks.max"],
        ["12", " proxy.cpu"],
        ["13", " extra"],
    ]


def test_the_schema_and_the_reference_page_are_up_to_date() -> None:
    assert (ROOT / "config/schema.json").read_text() == json_schema(), "run make schema"
    assert (ROOT / "docs/configuration.md").read_text() == reference(), "run make schema"


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda path: path.name)
def test_each_configuration_fits_the_schema_and_names_it(path: Path) -> None:
    assert path.read_text().splitlines()[0] == "# yaml-language-server: $schema=schema.json"
    # As editors read it, by YAML 1.2: PyYAML alone would take the key `on` for true.
    values = read_document(path).values
    jsonschema.validate(values, json.loads(json_schema()))  # pyright: ignore[reportUnknownMemberType]


def test_the_schema_refuses_a_wrong_value() -> None:
    values = yaml.safe_load(GOOD)
    values["services"]["lessons"]["port"] = 70000
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(values, json.loads(json_schema()))  # pyright: ignore[reportUnknownMemberType]
