"""Extras of the wheel: if a package is needed and missing, the message says how to install it."""

import sys

import pytest
from aws_cdk import Stack
from aws_cdk import aws_secretsmanager as secretsmanager

import ecs_envoy
from ecs_envoy import Datadog, Network
from tests.ecs_envoy.constructs.factories import grpc_service


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
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in sys.modules if name.startswith("ecs_envoy.monitoring")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cdk_monitoring_constructs", None)
    with pytest.raises(
        ValueError, match=r"ProxyMonitoring needs the package cdk_monitoring_constructs; .*\[monitoring\]'"
    ):
        _ = ecs_envoy.ProxyMonitoring
