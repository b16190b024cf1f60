"""The construct for an HTTP API behind an Application Load Balancer."""

import jsii
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_s3 as s3
from constructs import Construct

from ecs_envoy.fargate.arguments import (
    ContainerHealthCheck,
    ContainerImage,
    Environment,
    Secrets,
    argument_findings,
)
from ecs_envoy.fargate.server import Server
from ecs_envoy.settings.arguments import checked_arguments, refuse
from ecs_envoy.settings.image_mirror import EcrRegistry
from ecs_envoy.settings.tasks import API_PORT, CPU, CPU_PERCENT, MEMORY_MIB, TASKS
from ecs_envoy.settings.values import Cpu, CpuPercent, Memory, Tasks, UrlPath
from ecs_envoy.telemetry.datadog import Datadog
from envoy_config.values import Flag, Port


@jsii.implements(ec2.IConnectable)
class PublicApi(Construct):
    """Defines an HTTP API on Fargate behind an internet-facing ALB with HTTPS.

    Plain HTTP is redirected to HTTPS. Only the ALB may call the tasks. The tasks can connect only to
    HTTPS, unless `connections.allow_to` allows more. The ALB's access log is kept for 90 days.

    Args:
        ecs_cluster: The ECS cluster. Tasks run in private subnets of its VPC, the ALB in public ones.
        image: The container image.
        certificate: The ALB's certificate.
        port: The TCP port that tasks serve HTTP on; 8080 by default.
        health_path: The path where the ALB expects status 200; `/` by default.
        cpu: CPU units of a task; 256 (0.25 vCPU) by default, Fargate's smallest.
        memory_limit_mib: Memory of a task in MiB; 512 by default, Fargate's smallest.
        min_tasks: The fewest tasks; 2 by default, one for each of two zones.
        max_tasks: The most tasks; `min_tasks` by default, which means no autoscaling.
        cpu_percent: The mean CPU in percent that autoscaling aims at; 60 by default.
        environment: Environment variables, including the proxy's address.
        secrets: Environment variables from Secrets Manager or Parameter Store.
        container_health_check: The check that ECS runs inside the container; none by default.
        deletion_protection: Whether AWS refuses to delete the ALB, and with it the stack; false by default,
            because CloudFormation could not roll back a first deployment that fails. Turn it on for
            production.
        datadog: The account that Datadog's agent in each task reports to; the agent takes 256 MiB of
            the task's memory. No agent by default.
        image_mirror: The private registry in ECR from which the public images that we add come, as for
            `EnvoyProxy`.

    Attributes:
        ecs_service: The ECS service.
        task_role: The tasks' IAM role, for your own grants.
        load_balancer: The ALB.

    Raises:
        ArgumentError: A value is not allowed; the message has a line for each mistake.

    """

    @checked_arguments
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        ecs_cluster: ecs.ICluster,
        image: ContainerImage,
        certificate: acm.ICertificate,
        port: Port = API_PORT,
        health_path: UrlPath = "/",
        cpu: Cpu = CPU,
        memory_limit_mib: Memory = MEMORY_MIB,
        min_tasks: Tasks = TASKS,
        max_tasks: Tasks | None = None,
        cpu_percent: CpuPercent = CPU_PERCENT,
        environment: Environment | None = None,
        secrets: Secrets | None = None,
        container_health_check: ContainerHealthCheck | None = None,
        deletion_protection: Flag = False,
        datadog: Datadog | None = None,
        image_mirror: EcrRegistry | None = None,
    ) -> None:
        server = Server(
            name="api",
            image=image,
            port=port,
            cpu=cpu,
            memory_limit_mib=memory_limit_mib,
            min_tasks=min_tasks,
            max_tasks=min_tasks if max_tasks is None else max_tasks,
            cpu_percent=cpu_percent,
            environment=environment,
            secrets=secrets,
            container_health_check=container_health_check,
            datadog=datadog,
            image_mirror=image_mirror,
        )
        refuse(construct_id, argument_findings(server.problems()))
        super().__init__(scope, construct_id)
        task = server.define_task(self)
        self.task_role = task.definition.task_role
        self.ecs_service = server.define_ecs_service(
            self, task, ecs_cluster=ecs_cluster, description="Tasks of the public API"
        )
        self.load_balancer = self._define_load_balancer(ecs_cluster.vpc, deletion_protection)
        self._route(certificate, port=port, health_path=health_path)

    def _route(self, certificate: acm.ICertificate, *, port: int, health_path: str) -> None:
        listener = self.load_balancer.add_listener(
            "Https", port=443, certificates=[certificate], ssl_policy=elbv2.SslPolicy.RECOMMENDED_TLS
        )
        listener.add_targets(
            "Tasks",
            port=port,
            protocol=elbv2.ApplicationProtocol.HTTP,
            targets=[self.ecs_service],
            health_check=elbv2.HealthCheck(path=health_path, interval=Duration.seconds(10)),
            # The ALB's default of 300 s would delay each deployment. HTTP calls longer than 30 s are rare.
            deregistration_delay=Duration.seconds(30),
        )
        self.load_balancer.add_redirect()

    def _define_load_balancer(
        self, vpc: ec2.IVpc, deletion_protection: bool
    ) -> elbv2.ApplicationLoadBalancer:
        load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=vpc,
            internet_facing=True,
            drop_invalid_header_fields=True,
            deletion_protection=deletion_protection or None,
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
        """What the tasks may call, as in `proxy.connections.allow_default_port_from(api)`."""
        return self.ecs_service.connections
