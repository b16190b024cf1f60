"""The public API of a configuration."""

from aws_cdk import aws_certificatemanager as acm
from constructs import Construct

from ecs_envoy.configuration.model import (
    Api,
    Configuration,
)
from ecs_envoy.fargate.container_image import container_image
from ecs_envoy.from_configuration.containers import allow_egress, container_health_check, secrets
from ecs_envoy.from_configuration.telemetry import datadog_account
from ecs_envoy.network.network import Network
from ecs_envoy.proxy.envoy_proxy import EnvoyProxy
from ecs_envoy.services.public_api import PublicApi


def define_public_api(
    scope: Construct, configuration: Configuration, wanted: Api, *, network: Network, proxy: EnvoyProxy
) -> PublicApi:
    """Define the API that `wanted` describes, with the address of `proxy` and the right to call it."""
    api = PublicApi(
        scope,
        "Api",
        ecs_cluster=network.ecs_cluster,
        image=container_image(scope, "Image", wanted.image),
        certificate=acm.Certificate.from_certificate_arn(scope, "Certificate", wanted.certificate),
        port=wanted.port,
        health_path=wanted.health_path,
        cpu=wanted.cpu,
        memory_limit_mib=wanted.memory,
        min_tasks=wanted.tasks.min,
        max_tasks=wanted.tasks.max,
        cpu_percent=wanted.tasks.cpu_percent,
        environment={**wanted.environment, wanted.proxy_address_variable: proxy.address},
        secrets=secrets(scope, "api", wanted.secrets),
        container_health_check=container_health_check(wanted.container_health_check),
        datadog=datadog_account(scope, configuration),
    )
    allow_egress(api.connections, wanted.egress)
    api.connections.allow_to_default_port(proxy, "gRPC through the proxy")
    return api
