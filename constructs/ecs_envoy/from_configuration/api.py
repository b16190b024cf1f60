"""Defines the public API of a configuration."""

from collections.abc import Sequence

from aws_cdk import aws_certificatemanager as acm
from constructs import Construct

from ecs_envoy.configuration.model import (
    Api,
    Configuration,
)
from ecs_envoy.configuration.proxies.addresses import address_variables
from ecs_envoy.configuration.proxies.views import carries, views
from ecs_envoy.fargate.container_image import container_image
from ecs_envoy.fargate.health_check import container_health_check
from ecs_envoy.fargate.secrets import secrets
from ecs_envoy.from_configuration.containers import allow_decrypt, allow_egress
from ecs_envoy.from_configuration.places import load_balancer_subnets, place
from ecs_envoy.from_configuration.telemetry import datadog_of_servers
from ecs_envoy.network.network import Network
from ecs_envoy.proxy.envoy_proxy import EnvoyProxy
from ecs_envoy.services.public_api import PublicApi
from ecs_envoy.settings.network.api_access import ApiAccess
from ecs_envoy.settings.task.options import ServerOptions


def define_public_api(
    scope: Construct,
    configuration: Configuration,
    settings: Api,
    *,
    network: Network,
    proxies: Sequence[EnvoyProxy],
) -> PublicApi:
    """Define the API that `settings` describes; it gets the addresses of its `proxies` and may call them."""
    by_name = {proxy.name: proxy for proxy in proxies}
    addresses = {
        variable: by_name[view.proxy.name].address
        for variable, view in address_variables(configuration, ("api",)).items()
    }
    api = PublicApi(
        scope,
        "Api",
        ecs_cluster=network.ecs_cluster,
        image=container_image(scope, "Image", settings.image, credentials=settings.repository_credentials),
        certificate=_certificate(scope, settings),
        port=settings.port,
        health_path=settings.health_path,
        cpu=settings.cpu,
        memory_limit_mib=settings.memory,
        min_tasks=settings.tasks.min,
        max_tasks=settings.tasks.max,
        cpu_percent=settings.tasks.cpu_percent,
        environment={**settings.environment, **addresses},
        secrets=secrets(settings.secrets),
        container_health_check=container_health_check(settings.container_health_check),
        deletion_protection=settings.deletion_protection,
        datadog=datadog_of_servers(scope, configuration),
        image_mirror=configuration.image_mirror,
        access=settings.part(ApiAccess),
        load_balancer_subnets=load_balancer_subnets(configuration, network.vpc),
        memory_percent=settings.tasks.memory_percent,
        options=settings.part(ServerOptions),
        place=place(configuration, "api", network.vpc),
        overrides=settings.overrides,
    )
    allow_decrypt(api.ecs_service, settings.kms_keys)
    allow_egress(api.connections, settings.egress)
    for view in views(configuration):
        if carries(view, settings.calls):
            by_name[view.proxy.name].allow_calls_from(api)
    return api


def _certificate(scope: Construct, settings: Api) -> acm.ICertificate | None:
    arn = settings.certificate
    return acm.Certificate.from_certificate_arn(scope, "Certificate", arn) if arn else None
