import json
import re
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Match, Template

from ecs_envoy import Datadog, EnvoyProxy, ManagedPrometheus, Network, Telemetry
from ecs_envoy.settings.datadog_sites import DATADOG_SITES
from envoy_config import AccessLog, Tracing
from tests.ecs_envoy.constructs.factories import containers, grpc_service, proxy_with

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:datadog/key-AbC123"


def datadog(stack: Stack, **options: Any) -> Datadog:  # noqa: ANN401
    secret = secretsmanager.Secret.from_secret_complete_arn(stack, "Key", SECRET)
    return Datadog(api_key_secret=secret, env="test", **options)


def proxy(stack: Stack, network: Network, telemetry: Telemetry, **options: Any) -> EnvoyProxy:  # noqa: ANN401
    return proxy_with(stack, network, grpc_service(stack, network), telemetry=telemetry, **options)


def listeners(proxy: EnvoyProxy) -> list[str]:
    return [
        listener["name"] for listener in json.loads(proxy.plan.bootstrap)["static_resources"]["listeners"]
    ]


def collector(stack: Stack) -> dict[str, Any]:
    (variable,) = [
        v for v in containers(stack, "Proxy")["collector"]["Environment"] if v["Name"] == "AOT_CONFIG_CONTENT"
    ]
    value = variable["Value"]
    if isinstance(value, dict):
        value = "".join(part if isinstance(part, str) else "TOKEN" for part in value["Fn::Join"][1])  # pyright: ignore
    return json.loads(str(value))  # pyright: ignore


def statements(stack: Stack, role: str) -> list[dict[str, Any]]:
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
    return [
        statement
        for name, policy in policies.items()
        if role in name
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def test_by_default_there_is_a_sampled_log_and_nothing_else(stack: Stack, network: Network) -> None:
    made = proxy(stack, network, Telemetry())
    assert listeners(made) == ["grpc"]
    assert set(containers(stack, "Proxy")) == {"envoy"}
    assert '"numerator":1000,"denominator":"TEN_THOUSAND"' in made.plan.bootstrap
    with pytest.raises(ValueError, match=r"grpc: has no metrics; give it telemetry=Telemetry\(metrics"):
        made.allow_scrapes_from(made)


def test_metrics_are_had_on_a_listener_that_nobody_may_reach(stack: Stack, network: Network) -> None:
    made = proxy(stack, network, Telemetry(metrics=True))
    assert listeners(made) == ["grpc", "metrics"]
    rules = Template.from_stack(stack).find_resources("AWS::EC2::SecurityGroupIngress")
    assert "9903" not in json.dumps(rules)


def test_metrics_are_open_to_whom_they_are_opened(stack: Stack, network: Network) -> None:
    made = proxy(stack, network, Telemetry(metrics=True))
    made.allow_scrapes_from(grpc_service(stack, network, "prometheus"))
    Template.from_stack(stack).has_resource_properties("AWS::EC2::SecurityGroupIngress", {"FromPort": 9903})


def test_prometheus_gets_a_collector_that_may_write_to_its_workspace_alone(
    stack: Stack, network: Network
) -> None:
    arn = "arn:aws:aps:eu-west-1:111122223333:workspace/ws-0123"
    workspace = ManagedPrometheus(stack, "Workspace", workspace_arn=arn)
    proxy(stack, network, Telemetry(prometheus=workspace))
    told = collector(stack)
    assert list(told["service"]["pipelines"]) == ["metrics/prometheus"]
    assert told["exporters"]["prometheusremotewrite"]["endpoint"].endswith("/ws-0123/api/v1/remote_write")
    assert told["extensions"]["sigv4auth"] == {"region": "TOKEN", "service": "aps"}
    assert statements(stack, "ProxyTaskDefinitionTaskRole") == [
        {"Action": "aps:RemoteWrite", "Effect": "Allow", "Resource": arn}
    ]
    Template.from_stack(stack).resource_count_is("AWS::APS::Workspace", 0)


def test_a_new_workspace_has_the_rules_and_outlives_its_stack(stack: Stack) -> None:
    ManagedPrometheus(stack, "Workspace")
    template = Template.from_stack(stack)
    template.has_resource("AWS::APS::Workspace", {"DeletionPolicy": "Retain"})
    template.has_resource_properties(
        "AWS::APS::RuleGroupsNamespace", {"Data": Match.string_like_regexp("EcsEnvoySkew")}
    )


@pytest.mark.parametrize(
    ("arn", "message"),
    [
        ("ws-0123", "'ws-0123' is no workspace's ARN; give one such as"),
        (
            "arn:aws:aps:us-east-1:111122223333:workspace/ws-0123",
            "is a workspace in us-east-1, and the proxy writes to eu-west-1; give one of eu-west-1",
        ),
    ],
)
def test_fails_on_a_workspace_that_cannot_be_written_to(arn: str, message: str) -> None:
    stack = Stack(App(), "test", env=Environment(account="111122223333", region="eu-west-1"))
    with pytest.raises(ValueError, match=re.escape(message)):
        ManagedPrometheus(stack, "Workspace", workspace_arn=arn)


def test_cloudwatch_gets_counts_by_service_and_status(stack: Stack, network: Network) -> None:
    proxy(stack, network, Telemetry(cloudwatch=True))
    told = collector(stack)
    assert list(told["service"]["pipelines"]) == ["metrics/cloudwatch"]
    first = told["exporters"]["awsemf"]["metric_declarations"][0]
    assert ["proxy", "envoy_cluster_name", "grpc_status"] in first["dimensions"]
    (statement,) = statements(stack, "ProxyTaskDefinitionTaskRole")
    assert "logs:PutLogEvents" in statement["Action"]
    assert "MetricsLog" in json.dumps(statement["Resource"])


def test_traces_go_to_x_ray_by_the_collector(stack: Stack, network: Network) -> None:
    made = proxy(stack, network, Telemetry(tracing=Tracing(sample_percent=5)))
    told = collector(stack)
    assert told["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"] == "127.0.0.1:4317"
    assert list(told["service"]["pipelines"]) == ["traces"]
    assert listeners(made) == ["grpc"]
    (statement,) = statements(stack, "ProxyTaskDefinitionTaskRole")
    assert statement["Action"] == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]


def test_every_pipeline_uses_only_what_is_defined_and_all_of_it(stack: Stack, network: Network) -> None:
    workspace = ManagedPrometheus(stack, "Workspace")
    proxy(stack, network, Telemetry(cloudwatch=True, prometheus=workspace, tracing=Tracing()))
    told = collector(stack)
    for kind in ("receivers", "processors", "exporters"):
        used = {name for line in told["service"]["pipelines"].values() for name in line[kind]}
        assert used == set(told[kind])
    assert set(told["service"]["extensions"]) == set(told["extensions"])


def test_datadog_has_its_agent_beside_envoy_and_the_key_in_no_template(
    stack: Stack, network: Network
) -> None:
    proxy(stack, network, Telemetry(datadog=datadog(stack, site="datadoghq.eu", version="1.2")))
    found = containers(stack, "Proxy")
    agent, envoy = found["datadog-agent"], found["envoy"]
    assert agent["Secrets"] == [{"Name": "DD_API_KEY", "ValueFrom": SECRET}]
    assert {"Name": "DD_SITE", "Value": "datadoghq.eu"} in agent["Environment"]
    assert agent["Memory"] == 256
    assert agent["Essential"] is False
    assert not agent["Image"].endswith(":latest")
    labels = envoy["DockerLabels"]
    assert labels["com.datadoghq.tags.service"] == "grpc"
    assert labels["com.datadoghq.tags.env"] == "test"
    assert labels["com.datadoghq.tags.version"] == "1.2"
    (instance,) = json.loads(labels["com.datadoghq.ad.checks"])["envoy"]["instances"]
    assert instance["openmetrics_endpoint"] == "http://%%host%%:9903/stats/prometheus"
    (grant,) = [
        s for s in statements(stack, "ProxyTaskDefinitionExecutionRole") if "secretsmanager" in str(s)
    ]
    assert grant["Resource"] == SECRET


def test_a_service_reports_to_datadog_under_its_own_name(stack: Stack, network: Network) -> None:
    grpc_service(stack, network, "grading", datadog=datadog(stack))
    found = containers(stack, "grading")
    assert set(found) == {"datadog-agent", "service"}
    assert found["service"]["DockerLabels"]["com.datadoghq.tags.service"] == "grading"


def test_the_log_goes_to_datadog_by_firelens_and_its_queries_with_it(stack: Stack, network: Network) -> None:
    proxy(stack, network, Telemetry(datadog=datadog(stack, access_log=True)))
    found = containers(stack, "Proxy")
    log = found["envoy"]["LogConfiguration"]
    assert log["LogDriver"] == "awsfirelens"
    assert log["Options"]["Host"] == "http-intake.logs.datadoghq.com"
    assert "apikey" not in log["Options"]
    assert log["SecretOptions"] == [{"Name": "apikey", "ValueFrom": SECRET}]
    assert "FirelensConfiguration" in found["datadog-log-router"]
    Template.from_stack(stack).resource_count_is("AWS::Logs::QueryDefinition", 0)


def test_fails_on_a_site_that_datadog_has_not(stack: Stack) -> None:
    with pytest.raises(ValueError, match=r"site: 'datadog\.example' is unknown; give one of"):
        datadog(stack, site="datadog.example")


@pytest.mark.parametrize("site", DATADOG_SITES)
def test_datadogs_construct_takes_every_site_of_ours(stack: Stack, network: Network, site: str) -> None:
    proxy(stack, network, Telemetry(datadog=datadog(stack, site=site)))


def test_fails_where_the_sidecars_leave_envoy_too_little_memory(stack: Stack, network: Network) -> None:
    everything = Telemetry(cloudwatch=True, datadog=datadog(stack, access_log=True))
    with pytest.raises(
        ValueError,
        match=r"Proxy: memory_limit_mib: 512 MiB leave 64 for Envoy beside collector \(128\), .* give 1024",
    ):
        proxy(stack, network, everything)


def test_the_saved_queries_know_the_sample(stack: Stack, network: Network) -> None:
    proxy(stack, network, Telemetry(access_log=AccessLog(sample_percent=5)))
    queries = Template.from_stack(stack).find_resources("AWS::Logs::QueryDefinition")
    texts = {q["Properties"]["Name"]: q["Properties"]["QueryString"] for q in queries.values()}
    assert set(texts) == {
        f"ecs-envoy/grpc/{name}"
        for name in (
            "errors by method",
            "failed and slow calls",
            "p99 by method",
            "retries",
            "skew",
            "slowest tasks",
        )
    }
    assert "count(*) * 20 as calls" in texts["ecs-envoy/grpc/p99 by method"]
    assert "reason = 'error_or_slow'" in texts["ecs-envoy/grpc/errors by method"]


def test_with_every_call_logged_errors_are_found_in_the_sample(stack: Stack, network: Network) -> None:
    proxy(stack, network, Telemetry(access_log=AccessLog(sample_percent=100)))
    assert "error_or_slow" not in json.dumps(
        Template.from_stack(stack).find_resources("AWS::Logs::QueryDefinition")
    )
