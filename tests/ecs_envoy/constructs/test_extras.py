"""Extras of the wheel: if a package is needed and missing, the message says how to install it."""

import sys

import pytest
from aws_cdk import Stack
from aws_cdk import aws_secretsmanager as secretsmanager

from ecs_envoy import Datadog, Network, ProxyMonitoring, Telemetry
from tests.ecs_envoy.constructs.factories import BY_DNS, grpc_service, proxy_with


def test_fails_without_datadogs_constructs_and_says_how_to_install_them(
    stack: Stack, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another test of this process may have imported it.
    monkeypatch.delitem(sys.modules, "ecs_envoy.telemetry.datadog_agent", raising=False)
    monkeypatch.setitem(sys.modules, "datadog_cdk_constructs_v2", None)
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:key-AbC123"
    key = secretsmanager.Secret.from_secret_complete_arn(stack, "Key", arn)
    with pytest.raises(ValueError, match=r"datadog_cdk_constructs_v2; .*pip install 'ecs-envoy\[datadog\]'"):
        grpc_service(stack, network, datadog=Datadog(api_key_secret=key, env="test"))


def test_fails_without_the_monitoring_constructs_and_says_how_to_install_them(
    stack: Stack, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = grpc_service(stack, network, **BY_DNS)
    proxy = proxy_with(stack, network, service, telemetry=Telemetry(cloudwatch=True))
    monkeypatch.setitem(sys.modules, "cdk_monitoring_constructs", None)
    with pytest.raises(
        ValueError, match=r"ProxyMonitoring needs the package cdk_monitoring_constructs; .*\[monitoring\]'"
    ):
        ProxyMonitoring(stack, "Monitoring", proxy=proxy, ecs_services={"lessons": service.ecs_service})
