from pathlib import Path

import jsonschema
import pytest
import yaml

from ecs_envoy.configuration import ConfigurationError, load_configuration
from ecs_envoy.configuration.schema import schema

BASE = """\
environment: dev
region: eu-west-1
account: "111122223333"
namespace: {name: learning.local}
services:
  lessons:
    image: registry.example.com/lessons:1.4.2
"""


def load(text: str, tmp_path: Path, base: str = BASE):  # noqa: ANN201
    path = tmp_path / "dev.yaml"
    path.write_text(base + text)
    return load_configuration(path)


def test_every_backend_is_off_by_default_and_a_tenth_of_the_calls_is_logged(tmp_path: Path) -> None:
    telemetry = load("", tmp_path).telemetry
    assert not telemetry.has_metrics
    assert telemetry.cloudwatch is None
    assert telemetry.tracing is None
    assert telemetry.access_log.sample_percent == 10


@pytest.mark.parametrize("on", ["true", "{}"])
def test_a_switch_is_on_by_true_or_by_an_empty_block(tmp_path: Path, on: str) -> None:
    telemetry = load(f"telemetry:\n  cloudwatch: {on}\n  tracing: {on}\n", tmp_path).telemetry
    assert telemetry.cloudwatch
    assert telemetry.tracing
    assert telemetry.tracing.sample_percent == 1


def test_a_switch_is_off_by_false(tmp_path: Path) -> None:
    assert load("telemetry:\n  cloudwatch: false\n", tmp_path).telemetry.cloudwatch is None


SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:datadog/key-AbC123"
MISTAKES = [
    pytest.param(
        "  access_log: {sample_percent: 140}",
        "9: telemetry.access_log.sample_percent: 140 is not a percentage; give a number from 0 to 100",
        id="a sample of 140 %",
    ),
    pytest.param(
        "  access_log: {slower_than: 2}",
        "9: telemetry.access_log.slower_than: 2 is not a duration; give a whole number with its unit, such as 250ms, 3s or 1m",
        id="duration without unit",
    ),
    pytest.param(
        "  access_log: {retention_days: 10}",
        "9: telemetry.access_log.retention_days: 10 is not a number of days that CloudWatch Logs offers; give one of 1, 3, 5",
        id="days that CloudWatch Logs does not offer",
    ),
    pytest.param(
        f"  datadog: {{site: datadog.example, api_key_secret: {SECRET}}}",
        "9: telemetry.datadog.site: 'datadog.example' is unknown; give one of 'datadoghq.com', 'datadoghq.eu'",
        id="an unknown site",
    ),
    pytest.param(
        "  datadog: {site: datadoghq.eu}",
        "9: telemetry.datadog.api_key_secret: missing; give the complete ARN of the secret",
        id="a missing secret",
    ),
    pytest.param(
        f"  datadog: {{api_key_secret: {SECRET.replace('eu-west-1', 'us-east-1')}}}",
        "9: telemetry.datadog.api_key_secret: is a secret in us-east-1, and tasks in eu-west-1 cannot read it; give one in eu-west-1",
        id="a secret in another region",
    ),
    pytest.param(
        "  datadog: {api_key_secret: 0123456789abcdef0123456789abcdef}",
        "9: telemetry.datadog.api_key_secret: '0123456789abcdef0123456789abcdef' is not a secret's ARN",
        id="the key itself",
    ),
    pytest.param(
        "  prometheus: {workspace: arn:aws:aps:us-east-1:111122223333:workspace/ws-0123}",
        "9: telemetry.prometheus.workspace: is a workspace in us-east-1, and the proxy writes to eu-west-1; give one in eu-west-1",
        id="a workspace in another region",
    ),
    pytest.param(
        "  prometheus: {}",
        "9: telemetry.prometheus: gets no metrics; give workspace: new or an ARN, or scraped_from",
        id="a Prometheus that gets nothing",
    ),
    pytest.param(
        "  prometheus: {scraped_from: [anywhere]}",
        "9: telemetry.prometheus.scraped_from[0]: 'anywhere' is not a security group or an IPv4 block",
        id="not a scraper",
    ),
    pytest.param(
        "  cloudwatch: {topic: arn:aws:sns:us-east-1:111122223333:alarms}",
        "9: telemetry.cloudwatch.topic: is a topic in us-east-1, and alarms in eu-west-1 cannot reach it; give one in eu-west-1",
        id="a topic in another region",
    ),
    pytest.param(
        "  cloudwatch: {alarms: {skew: 1}}",
        "9: telemetry.cloudwatch.alarms.skew: 1 is not a ratio of the busiest task to the mean; give a number from 1.05 to 10",
        id="a skew that is always exceeded",
    ),
    pytest.param(
        f"  cloudwatch: true\n  tracing: {{sample_percent: -1}}\n  datadog: {{api_key_secret: {SECRET}, access_log: true}}",
        "1: proxy.memory: 512 MiB leave 0 for Envoy after discovery (96), collector (128), datadog-agent (256), datadog-log-router (64), drain (16), and it needs 128; give 1024",
        id="too little memory",
    ),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_fails_on_a_mistake_with_its_line_and_what_to_give(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load(f"telemetry:\n{text}\n", tmp_path)
    assert f"dev.yaml:{message}" in str(error.value)


def test_fails_if_clients_would_dial_the_port_of_the_metrics(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"proxy\.port: 9903 is the port of the proxy's metrics"):
        load("proxy: {port: 9903}\ntelemetry: {cloudwatch: true}\n", tmp_path)
    assert load("proxy: {port: 9903}\n", tmp_path).proxy.port == 9903


def test_fails_on_the_earlier_name_of_the_block_and_gives_the_new_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="observability: unknown key; it is called telemetry now"):
        load("observability: {cloudwatch: true}\n", tmp_path)


def fits_the_schema(text: str) -> bool:
    return jsonschema.Draft202012Validator(schema()).is_valid(yaml.safe_load(text))  # pyright: ignore[reportUnknownMemberType]


@pytest.mark.parametrize(
    "block",
    [
        "cloudwatch: true",
        "cloudwatch: false",
        "tracing: true",
        "tracing: false",
        "prometheus: false",
        "datadog: false",
    ],
)
def test_the_schema_takes_a_switch_as_the_file_does(block: str, tmp_path: Path) -> None:
    text = f"telemetry: {{{block}}}\n"
    load(text, tmp_path)
    assert fits_the_schema(BASE + text)


@pytest.mark.parametrize("block", ["prometheus: true", "datadog: true"])
def test_fails_in_file_and_schema_on_a_backend_that_needs_more_than_true(block: str, tmp_path: Path) -> None:
    text = f"telemetry: {{{block}}}\n"
    with pytest.raises(ConfigurationError):
        load(text, tmp_path)
    assert not fits_the_schema(BASE + text)
