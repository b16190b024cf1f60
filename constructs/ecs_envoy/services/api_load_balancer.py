"""The Application Load Balancer of the public API."""

from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from ecs_envoy.settings.network.api_access import ApiAccess, Domain


@dataclass(frozen=True, kw_only=True)
class ApiLoadBalancer:
    """An ALB, and what belongs to it.

    Attributes:
        load_balancer: The ALB.
        listener: The listener that forwards to the tasks.
        target_group: The tasks.
        access_log_bucket: The bucket of its access log.

    """

    load_balancer: elbv2.ApplicationLoadBalancer
    listener: elbv2.ApplicationListener
    target_group: elbv2.ApplicationTargetGroup
    access_log_bucket: s3.Bucket


def define_api_load_balancer(
    scope: Construct,
    *,
    vpc: ec2.IVpc,
    subnets: ec2.SubnetSelection | None,
    access: ApiAccess,
    certificate: acm.ICertificate | None,
    service: ecs.FargateService,
    port: int,
    health_path: str,
    deletion_protection: bool,
) -> ApiLoadBalancer:
    """Define the ALB in front of `service`: HTTPS with a redirect from HTTP, or HTTP if `access` says so."""
    load_balancer = elbv2.ApplicationLoadBalancer(
        scope,
        "LoadBalancer",
        vpc=vpc,
        vpc_subnets=subnets or _one_in_each_zone(public=not access.internal),
        internet_facing=not access.internal,
        drop_invalid_header_fields=True,
        deletion_protection=deletion_protection or None,
    )
    access_log = _define_access_log(scope)
    load_balancer.log_access_logs(access_log)
    listener = _define_listener(load_balancer, access, certificate)
    target_group = listener.add_targets(
        "Tasks",
        port=port,
        protocol=elbv2.ApplicationProtocol.HTTP,
        targets=[service],
        health_check=elbv2.HealthCheck(path=health_path, interval=Duration.seconds(10)),
        # The ALB's default of 300 s would delay each deployment. HTTP calls longer than 30 s are rare.
        deregistration_delay=Duration.seconds(30),
    )
    if certificate is not None:
        load_balancer.add_redirect(open=not access.internal)
    if access.internal:
        for number in (80,) if certificate is None else (80, 443):
            load_balancer.connections.allow_from(
                ec2.Peer.ipv4(vpc.vpc_cidr_block), ec2.Port.tcp(number), "Callers in the VPC"
            )
    if access.domain:
        _define_alias(scope, access.domain, load_balancer)
    if access.web_acl:
        from aws_cdk import aws_wafv2 as wafv2  # its import takes 0.1 s, and few have a web ACL

        wafv2.CfnWebACLAssociation(
            scope, "WebAcl", resource_arn=load_balancer.load_balancer_arn, web_acl_arn=access.web_acl
        )
    return ApiLoadBalancer(
        load_balancer=load_balancer,
        listener=listener,
        target_group=target_group,
        access_log_bucket=access_log,
    )


def _one_in_each_zone(*, public: bool) -> ec2.SubnetSelection:
    """Return the CDK's own choice, and of several subnets in a zone the first: AWS refuses two for an ALB."""
    return ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC if public else None, one_per_az=True)


def _define_listener(
    load_balancer: elbv2.ApplicationLoadBalancer, access: ApiAccess, certificate: acm.ICertificate | None
) -> elbv2.ApplicationListener:
    if certificate is None:
        return load_balancer.add_listener("Http", port=80, open=not access.internal)
    return load_balancer.add_listener(
        "Https",
        port=443,
        open=not access.internal,
        certificates=[certificate],
        ssl_policy=elbv2.SslPolicy.RECOMMENDED_TLS,
    )


def _define_access_log(scope: Construct) -> s3.Bucket:
    return s3.Bucket(
        scope,
        "AccessLog",
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(90))],
        removal_policy=RemovalPolicy.RETAIN,
    )


def _define_alias(scope: Construct, domain: Domain, load_balancer: elbv2.ApplicationLoadBalancer) -> None:
    zone = route53.HostedZone.from_hosted_zone_attributes(
        scope, "HostedZone", hosted_zone_id=domain.hosted_zone_id, zone_name=domain.hosted_zone
    )
    target = targets.LoadBalancerTarget(load_balancer)
    route53.ARecord(
        scope,
        "Alias",
        zone=zone,
        record_name=f"{domain.name}.",  # with its dot, the CDK does not add the zone's name
        target=route53.RecordTarget.from_alias(target),  # pyright: ignore[reportArgumentType]  # an argument's name
    )
