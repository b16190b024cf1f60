"""An HTTP API behind an Application Load Balancer."""

from collections.abc import Mapping

import jsii
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_s3 as s3
from constructs import Construct

from ecs_envoy.fargate.fargate_service import define_fargate_service, initial_count, scale
from ecs_envoy.fargate.task_definition import (
    add_service_container,
    define_log_group,
    define_task_definition,
    log_driver,
)
from ecs_envoy.network.task_security_group import define_task_security_group
from ecs_envoy.telemetry.datadog import Datadog


@jsii.implements(ec2.IConnectable)
class PublicApi(Construct):
    """Defines an HTTP API on Fargate behind an internet-facing ALB with HTTPS.

    Plain HTTP is redirected. Only the ALB may call the tasks; the tasks reach only HTTPS
    until `connections.allow_to` says more. The ALB's access log is kept for 90 days.

    Args:
        ecs_cluster: Where it runs: tasks in private subnets, the ALB in public ones.
        image: The container image.
        certificate: The ALB's certificate.
        port: The TCP port that tasks serve HTTP on; 8080 by default.
        health_path: The path that the ALB checks for a 200; `/` by default.
        cpu: CPU units of a task; 256 (0.25 vCPU) by default, Fargate's smallest.
        memory_limit_mib: Memory of a task in MiB; 512 by default, Fargate's smallest.
        min_tasks: The fewest tasks; 2 by default, one for each of two zones.
        max_tasks: The most tasks; as many as `min_tasks` by default, without autoscaling.
        cpu_percent: The mean CPU in percent that autoscaling aims at; 60 by default.
        environment: Environment variables, the proxy's address among them.
        secrets: Environment variables from Secrets Manager or Parameter Store.
        container_health_check: The check that ECS runs inside the container; none by default.
        datadog: Whom an agent in each task reports to, which takes 256 MiB of the task's memory; no
            agent by default.

    Attributes:
        ecs_service: The ECS service.
        task_role: The tasks' IAM role, for grants of your own.
        load_balancer: The ALB.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        ecs_cluster: ecs.ICluster,
        image: ecs.ContainerImage,
        certificate: acm.ICertificate,
        port: int = 8080,
        health_path: str = "/",
        cpu: int = 256,
        memory_limit_mib: int = 512,
        min_tasks: int = 2,
        max_tasks: int | None = None,
        cpu_percent: int = 60,
        environment: Mapping[str, str] | None = None,
        secrets: Mapping[str, ecs.Secret] | None = None,
        container_health_check: ecs.HealthCheck | None = None,
        datadog: Datadog | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        most = min_tasks if max_tasks is None else max_tasks
        group = define_log_group(self)
        definition = define_task_definition(
            self,
            name="api",
            cpu=cpu,
            memory_limit_mib=memory_limit_mib,
            log_group=group,
            datadog=datadog,
        )
        add_service_container(
            definition,
            image=image,
            port=port,
            environment=environment,
            secrets=secrets,
            container_health_check=container_health_check,
            log=log_driver(group),
        )
        self.task_role = definition.task_role
        self.ecs_service = define_fargate_service(
            self,
            ecs_cluster=ecs_cluster,
            definition=definition,
            security_group=define_task_security_group(
                self, "SecurityGroup", vpc=ecs_cluster.vpc, description="Tasks of the public API"
            ),
            desired_count=initial_count(min_tasks, most),
        )
        scale(self.ecs_service, min_tasks=min_tasks, max_tasks=most, cpu_percent=cpu_percent)
        self.load_balancer = self._load_balancer(ecs_cluster.vpc)
        listener = self.load_balancer.add_listener(
            "Https", port=443, certificates=[certificate], ssl_policy=elbv2.SslPolicy.RECOMMENDED_TLS
        )
        listener.add_targets(
            "Tasks",
            port=port,
            protocol=elbv2.ApplicationProtocol.HTTP,
            targets=[self.ecs_service],
            health_check=elbv2.HealthCheck(path=health_path, interval=Duration.seconds(10)),
            # The ALB's 300 s would hold up each deployment; an HTTP call that takes longer is rare.
            deregistration_delay=Duration.seconds(30),
        )
        self.load_balancer.add_redirect()

    def _load_balancer(self, vpc: ec2.IVpc) -> elbv2.ApplicationLoadBalancer:
        load_balancer = elbv2.ApplicationLoadBalancer(
            self, "LoadBalancer", vpc=vpc, internet_facing=True, drop_invalid_header_fields=True
        )
        load_balancer.log_access_logs(
            s3.Bucket(
                self,
                "AccessLog",
                encryption=s3.BucketEncryption.S3_MANAGED,
                block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
                enforce_ssl=True,
                lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(90))],
                removal_policy=RemovalPolicy.RETAIN,
            )
        )
        return load_balancer

    @property
    @jsii.member(jsii_name="connections")
    def connections(self) -> ec2.Connections:
        """Whom the tasks may call, as in `proxy.connections.allow_default_port_from(api)`."""
        return self.ecs_service.connections
