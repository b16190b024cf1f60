"""A service that reports to Datadog by itself keeps its own agent; the proxy joins the same account."""

from pathlib import Path

import pytest

from tests.ecs_envoy.configuration.test_configuration import GOOD
from tests.ecs_envoy.constructs.world.from_yaml import Deployed

KEY = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:datadog-AbCdEf"
PROXY = "proxy: {memory: 1024}\n"


def datadog(more: str = "") -> str:
    return PROXY + f"telemetry: {{datadog: {{api_key_secret: '{KEY}'{more}}}}}\n"


OWN = [
    pytest.param("    environment: {DD_AGENT_HOST: 10.0.0.9}\n", {"service"}, id="an agent elsewhere"),
    pytest.param("    environment: {DD_TRACE_AGENT_URL: 'http://agent:8126'}\n", {"service"}, id="a URL"),
    pytest.param("    environment: {DD_TRACE_AGENT_HOSTNAME: agent}\n", {"service"}, id="by its older name"),
    pytest.param("    environment: {DD_DOGSTATSD_HOST: agent}\n", {"service"}, id="for metrics alone"),
    pytest.param(f"    secrets: {{DD_API_KEY: '{KEY}'}}\n", {"service"}, id="no agent at all"),
    pytest.param(
        "    sidecars: {dd: {image: 'example.com/tools/datadog-agent:7.66.1'}}\n",
        {"service", "dd"},
        id="a sidecar from a copy with another path",
    ),
    pytest.param(
        "    sidecars: {datadog-agent: {image: 'example.com/dd:7'}}\n",
        {"service", "datadog-agent"},
        id="a sidecar with the name of ours, which may be there once",
    ),
    pytest.param(
        "    sidecars: {agent: {image: 'public.ecr.aws/datadog/agent:7.66.1'}}\n",
        {"service", "agent"},
        id="a sidecar",
    ),
    pytest.param(
        f"    sidecars: {{datadog-agent: {{image: 'example.com/dd:7', secrets: {{DD_API_KEY: '{KEY}'}}}}}}\n",
        {"service", "datadog-agent"},
        id="a sidecar from a private copy, with the name of ours",
    ),
]


@pytest.mark.parametrize(("keys", "names"), OWN)
def test_a_service_with_datadog_of_its_own_gets_no_agent_of_ours(
    keys: str, names: set[str], tmp_path: Path
) -> None:
    deployed = Deployed(GOOD + keys + datadog(), tmp_path)
    assert set(deployed.containers("services")) == names | {"pre-stop"}
    server = deployed.containers("services")["service"]
    assert "com.datadoghq.tags.env" not in server.get("DockerLabels", {})
    agent = deployed.containers("proxy")["datadog-agent"]
    assert {v["Value"] for v in agent["Environment"] if v["Name"] == "DD_ENV"} == {"dev"}


def test_no_service_gets_an_agent_where_the_file_turns_it_off(tmp_path: Path) -> None:
    api = "api:\n  image: example.com/api:1\n  http_only: true\n"
    deployed = Deployed(GOOD + api + datadog(", services: false, env: live"), tmp_path)
    for stack in ("services", "api"):
        assert "datadog-agent" not in deployed.containers(stack)
    proxy = deployed.containers("proxy")
    for name in ("datadog-agent", "envoy"):
        tags = {v["Name"]: v["Value"] for v in proxy[name]["Environment"]}
        assert (tags["DD_ENV"], tags.get("DD_SERVICE")) == ("live", "grpc")


def test_tags_that_a_service_gives_itself_are_kept_beside_our_agent(tmp_path: Path) -> None:
    keys = "    environment: {DD_SERVICE: lessons-v2, DD_LOGS_INJECTION: 'true'}\n"
    server = Deployed(GOOD + keys + datadog(), tmp_path).containers("services")["service"]
    found = [v["Value"] for v in server["Environment"] if v["Name"] == "DD_SERVICE"]
    assert found == ["lessons-v2"]


def test_our_agent_the_server_and_a_sidecar_share_the_tasks_cpu(tmp_path: Path) -> None:
    """ECS refuses containers that together have more than the task, and the CDK does so, too."""
    sidecar = "    sidecars: {metrics: {image: 'example.com/metrics:1', cpu: 64}}\n"
    containers = Deployed(GOOD + sidecar + datadog(), tmp_path).containers("services")
    shares = {name: container.get("Cpu") for name, container in containers.items()}
    assert shares == {"service": 160, "datadog-agent": 32, "metrics": 64, "pre-stop": None}
