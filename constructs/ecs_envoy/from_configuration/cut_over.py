"""Defines the records that move clients from old load balancers to the proxy of a configuration."""

from aws_cdk import aws_route53 as route53
from constructs import Construct

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.plans import cut_overs
from ecs_envoy.proxy.cut_over import CutOver
from ecs_envoy.proxy.envoy_proxy import EnvoyProxy


def define_cut_overs(scope: Construct, configuration: Configuration, proxy: EnvoyProxy) -> list[CutOver]:
    """Define the records of each service with `cut_over`."""
    return [
        CutOver(
            scope,
            name,
            proxy=proxy,
            zone=route53.HostedZone.from_hosted_zone_id(scope, f"Zone-{name}", settings.zone),
            name=settings.name,
            load_balancer=settings.load_balancer,
            percent=settings.percent,
        )
        for name, settings in cut_overs(configuration)
    ]
