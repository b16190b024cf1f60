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
from tests.ecs_envoy.constructs.factories import BY_DNS, containers, grpc_service, proxy_with

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:datadog/key-AbC123"


def datadog(stack: Stack, **options: Any) -> Datadog:  # noqa: ANN401
    secret = secretsmanager.Secret.from_secret_complete_arn(stack, "Key", SECRET)
    return Datadog(api_key_secret=secret, env="test", **options)


def proxy(stack: Stack, network: Network, telemetry: Telemetry, **options: Any) -> EnvoyProxy:  # noqa: ANN401
    service = grpc_service(stack, network, **BY_DNS)
    return proxy_with(stack, network, service, telemetry=telemetry, **options)


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
    quiet = proxy(stack, network, Telemetry())
    assert listeners(quiet) == ["grpc"]
    assert set(containers(stack, "Proxy")) == {"envoy", "drain"}
    assert '"numerator":1000,"denominator":"TEN_THOUSAND"' in quiet.plan.bootstrap
    with pytest.raises(ValueError, match=r"grpc: has no metrics; give it telemetry=Telemetry\(metrics"):
        quiet.allow_scrapes_from(quiet)


def test_metrics_are_served_on_a_listener_that_nobody_may_reach(stack: Stack, network: Network) -> None:
    measured = proxy(stack, network, Telemetry(metrics=True))
    assert listeners(measured) == ["grpc", "metrics"]
    rules = Template.from_stack(stack).find_resources("AWS::EC2::SecurityGroupIngress")
    assert "9903" not in json.dumps(rules)


def test_scrapers_can_be_allowed_to_read_the_metrics(stack: Stack, network: Network) -> None:
    measured = proxy(stack, network, Telemetry(metrics=True))
    measured.allow_scrapes_from(grpc_service(stack, network, "prometheus"))
    Template.from_stack(stack).has_resource_properties("AWS::EC2::SecurityGroupIngress", {"FromPort": 9903})


def test_prometheus_gets_a_collector_that_may_write_only_to_its_workspace(
    stack: Stack, network: Network
) -> None:
    arn = "arn:aws:aps:eu-west-1:111122223333:workspace/ws-0123"
    workspace = ManagedPrometheus(stack, "Workspace", workspace_arn=arn)
    proxy(stack, network, Telemetry(prometheus=workspace))
    settings = collector(stack)
    assert list(settings["service"]["pipelines"]) == ["metrics/prometheus"]
    assert settings["exporters"]["prometheusremotewrite"]["endpoint"].endswith("/ws-0123/api/v1/remote_write")
    assert settings["extensions"]["sigv4auth"] == {"region": "TOKEN", "service": "aps"}
    assert statements(stack, "ProxyTaskDefinitionTaskRole") == [
        {"Action": "aps:RemoteWrite", "Effect": "Allow", "Resource": arn}
    ]
    Template.from_stack(stack).resource_count_is("AWS::APS::Workspace", 0)


def test_a_new_workspace_has_the_rules_and_is_kept_when_its_stack_is_deleted(stack: Stack) -> None:
    ManagedPrometheus(stack, "Workspace")
    template = Template.from_stack(stack)
    template.has_resource("AWS::APS::Workspace", {"DeletionPolicy": "Retain"})
    template.has_resource_properties(
        "AWS::APS::RuleGroupsNamespace", {"Data": Match.string_like_regexp("EcsEnvoySkew")}
    )


@pytest.mark.parametrize(
    ("arn", "message"),
    [
        ("ws-0123", "'ws-0123' is not the ARN of a workspace; give one such as"),
        (
            "arn:aws:aps:us-east-1:111122223333:workspace/ws-0123",
            "is a workspace in us-east-1, and the proxy writes to eu-west-1; give one in eu-west-1",
        ),
    ],
)
def test_fails_on_a_workspace_that_cannot_be_written_to(arn: str, message: str) -> None:
    stack = Stack(App(), "test", env=Environment(account="111122223333", region="eu-west-1"))
    with pytest.raises(ValueError, match=re.escape(message)):
        ManagedPrometheus(stack, "Workspace", workspace_arn=arn)


def test_cloudwatch_gets_counts_by_service_and_status(stack: Stack, network: Network) -> None:
    proxy(stack, network, Telemetry(cloudwatch=True))
    settings = collector(stack)
    assert list(settings["service"]["pipelines"]) == ["metrics/cloudwatch"]
    first = settings["exporters"]["awsemf"]["metric_declarations"][0]
    assert ["proxy", "service", "grpc_status"] in first["dimensions"]
    (statement,) = statements(stack, "ProxyTaskDefinitionTaskRole")
    assert "logs:PutLogEvents" in statement["Action"]
    assert "MetricsLog" in json.dumps(statement["Resource"])


def test_the_collector_sends_traces_to_x_ray(stack: Stack, network: Network) -> None:
    traced = proxy(stack, network, Telemetry(tracing=Tracing(sample_percent=5)))
    settings = collector(stack)
    assert settings["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"] == "127.0.0.1:4317"
    assert list(settings["service"]["pipelines"]) == ["traces"]
    assert listeners(traced) == ["grpc"]
    (statement,) = statements(stack, "ProxyTaskDefinitionTaskRole")
    assert statement["Action"] == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]


def test_pipelines_use_exactly_the_components_that_are_defined(stack: Stack, network: Network) -> None:
    workspace = ManagedPrometheus(stack, "Workspace")
    proxy(stack, network, Telemetry(cloudwatch=True, prometheus=workspace, tracing=Tracing()))
    settings = collector(stack)
    for kind in ("receivers", "processors", "exporters"):
        used = {name for line in settings["service"]["pipelines"].values() for name in line[kind]}
        assert used == set(settings[kind])
    assert set(settings["service"]["extensions"]) == set(settings["extensions"])


def test_datadogs_agent_runs_next_to_envoy_and_the_key_is_not_in_the_template(
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
    assert set(found) == {"datadog-agent", "service", "pre-stop"}
    assert found["service"]["DockerLabels"]["com.datadoghq.tags.service"] == "grading"


def test_with_the_log_sent_to_datadog_by_firelens_there_are_no_saved_queries(
    stack: Stack, network: Network
) -> None:
    proxy(stack, network, Telemetry(datadog=datadog(stack, access_log=True)))
    found = containers(stack, "Proxy")
    log = found["envoy"]["LogConfiguration"]
    assert log["LogDriver"] == "awsfirelens"
    assert log["Options"]["Host"] == "http-intake.logs.datadoghq.com"
    assert "apikey" not in log["Options"]
    assert log["SecretOptions"] == [{"Name": "apikey", "ValueFrom": SECRET}]
    assert "FirelensConfiguration" in found["datadog-log-router"]
    Template.from_stack(stack).resource_count_is("AWS::Logs::QueryDefinition", 0)


def test_fails_on_a_site_that_datadog_does_not_have(stack: Stack) -> None:
    with pytest.raises(ValueError, match=r"site: 'datadog\.example' is unknown; give one of"):
        datadog(stack, site="datadog.example")


@pytest.mark.parametrize("site", DATADOG_SITES)
def test_datadogs_construct_accepts_each_of_our_sites(stack: Stack, network: Network, site: str) -> None:
    proxy(stack, network, Telemetry(datadog=datadog(stack, site=site)))


def test_fails_if_the_sidecars_leave_envoy_too_little_memory(stack: Stack, network: Network) -> None:
    everything = Telemetry(cloudwatch=True, datadog=datadog(stack, access_log=True))
    with pytest.raises(
        ValueError,
        match=r"Proxy: memory_limit_mib: 512 MiB leave 48 for Envoy after collector \(128\), .* give 1024",
    ):
        proxy(stack, network, everything)


def test_the_saved_queries_use_the_sample_percentage(stack: Stack, network: Network) -> None:
    proxy(stack, network, Telemetry(access_log=AccessLog(sample_percent=5)))
    queries = Template.from_stack(stack).find_resources("AWS::Logs::QueryDefinition")
    texts = {q["Properties"]["Name"]: q["Properties"]["QueryString"] for q in queries.values()}
    assert set(texts) == {
        f"ecs-envoy/test/grpc.test.local/{name}"
        for name in (
            "errors by method",
            "failed and slow calls",
            "p99 by method",
            "retries",
            "skew",
            "slowest tasks",
        )
    }
    assert "count(*) * 20 as calls" in texts["ecs-envoy/test/grpc.test.local/p99 by method"]
    assert "reason = 'error_or_slow'" in texts["ecs-envoy/test/grpc.test.local/errors by method"]


def test_if_every_call_is_logged_the_queries_for_errors_use_the_sample(
    stack: Stack, network: Network
) -> None:
    proxy(stack, network, Telemetry(access_log=AccessLog(sample_percent=100)))
    assert "error_or_slow" not in json.dumps(
        Template.from_stack(stack).find_resources("AWS::Logs::QueryDefinition")
    )


@pytest.mark.parametrize(
    ("options", "targets"),
    [
        pytest.param({"tasks": 3}, {}, id="a number does not scale"),
        pytest.param({"max_tasks": 6}, {"ECSServiceAverageCPUUtilization": 45}, id="bounds scale by CPU"),
        pytest.param(
            {"max_tasks": 6, "cpu_percent": 30, "telemetry": Telemetry(cloudwatch=True)},
            # Half of 16 for each of the 368 MiB that the other containers leave for Envoy.
            {"ECSServiceAverageCPUUtilization": 30, "envoy_http_downstream_rq_active": 2944},
            id="with metrics in CloudWatch also by open calls",
        ),
    ],
)
def test_what_the_proxy_scales_by(
    options: dict[str, Any], targets: dict[str, int], stack: Stack, network: Network
) -> None:
    proxy_with(stack, network, grpc_service(stack, network, **BY_DNS), **options)
    template = Template.from_stack(stack)
    policies = template.find_resources("AWS::ApplicationAutoScaling::ScalingPolicy").values()
    found: dict[str, int] = {}
    for policy in policies:
        tracked = policy["Properties"]["TargetTrackingScalingPolicyConfiguration"]
        predefined = tracked.get("PredefinedMetricSpecification", {})
        own = tracked.get("CustomizedMetricSpecification", {})
        found[predefined.get("PredefinedMetricType") or own["MetricName"]] = tracked["TargetValue"]
        assert own.get("Dimensions") in (None, [{"Name": "proxy", "Value": "test/grpc.test.local"}])
    assert found == targets
    services = template.find_resources("AWS::ECS::Service").items()
    (service,) = (each["Properties"] for name, each in services if name.startswith("Proxy"))
    assert service.get("DesiredCount") == (None if targets else 3), "a deployment would undo autoscaling"
    bounds = template.find_resources("AWS::ApplicationAutoScaling::ScalableTarget").values()
    assert [(b["Properties"]["MinCapacity"], b["Properties"]["MaxCapacity"]) for b in bounds] == (
        [(2, 6)] if targets else []
    )
