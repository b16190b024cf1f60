"""Defines the public API of a configuration."""

from aws_cdk import aws_certificatemanager as acm
from constructs import Construct

from ecs_envoy.configuration.model import (
    Api,
    Configuration,
)
from ecs_envoy.fargate.container_image import container_image
from ecs_envoy.from_configuration.containers import (
    allow_decrypt,
    allow_egress,
    container_health_check,
    secrets,
)
from ecs_envoy.from_configuration.telemetry import datadog_account
from ecs_envoy.network.network import Network
from ecs_envoy.proxy.envoy_proxy import EnvoyProxy
from ecs_envoy.services.public_api import PublicApi


def define_public_api(
    scope: Construct, configuration: Configuration, settings: Api, *, network: Network, proxy: EnvoyProxy
) -> PublicApi:
    """Define the API that `settings` describes; it gets the address of `proxy` and may call it."""
    api = PublicApi(
        scope,
        "Api",
        ecs_cluster=network.ecs_cluster,
        image=container_image(scope, "Image", settings.image),
        certificate=acm.Certificate.from_certificate_arn(scope, "Certificate", settings.certificate),
        port=settings.port,
        health_path=settings.health_path,
        cpu=settings.cpu,
        memory_limit_mib=settings.memory,
        min_tasks=settings.tasks.min,
        max_tasks=settings.tasks.max,
        cpu_percent=settings.tasks.cpu_percent,
        environment={**settings.environment, settings.proxy_address_variable: proxy.address},
        secrets=secrets(settings.secrets),
        container_health_check=container_health_check(settings.container_health_check),
        deletion_protection=settings.deletion_protection,
        datadog=datadog_account(scope, configuration),
        image_mirror=configuration.image_mirror,
    )
    allow_decrypt(api.ecs_service, settings.kms_keys)
    allow_egress(api.connections, settings.egress)
    if settings.calls != []:
        proxy.allow_calls_from(api)
    return api
