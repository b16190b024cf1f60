"""The construct for an HTTP API behind an Application Load Balancer."""

from collections.abc import Iterator

import jsii
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from constructs import Construct, IConstruct

from ecs_envoy.fargate.arguments import (
    ContainerHealthCheck,
    ContainerImage,
    Environment,
    Secrets,
    argument_findings,
)
from ecs_envoy.fargate.places import places
from ecs_envoy.fargate.server import Server, Task
from ecs_envoy.network.blocks import knows_block
from ecs_envoy.network.overrides import override
from ecs_envoy.network.place import Place
from ecs_envoy.services.api_load_balancer import ApiLoadBalancer, define_api_load_balancer
from ecs_envoy.settings.arguments import checked_arguments, refuse
from ecs_envoy.settings.image_mirror import EcrRegistry
from ecs_envoy.settings.network.api_access import ApiAccess, access_findings
from ecs_envoy.settings.task.options import ServerOptions
from ecs_envoy.settings.task.overrides import ApiOverrides
from ecs_envoy.settings.tasks import API_PORT, CPU, CPU_PERCENT, MEMORY_MIB, TASKS
from ecs_envoy.settings.values import Cpu, CpuPercent, Memory, MemoryPercent, Tasks, UrlPath
from ecs_envoy.telemetry.datadog import Datadog
from envoy_config.settings_error import Finding
from envoy_config.values import Flag, Port


@jsii.implements(ec2.IConnectable)
class PublicApi(Construct):
    """Defines an HTTP API on Fargate behind an ALB, internet-facing and with HTTPS unless `access` says else.

    Plain HTTP is redirected to HTTPS. Only the ALB may call the tasks. The tasks can connect only to
    HTTPS, unless `connections.allow_to` allows more. The ALB's access log is kept for 90 days.

    Args:
        ecs_cluster: The ECS cluster. Tasks run in private subnets of its VPC, the ALB in public ones.
        image: The container image.
        certificate: The ALB's certificate. Needed, unless `access` has `http_only`.
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
        access: How callers reach the ALB: from the internet or the VPC only, by HTTP only, by a name of its
            own, through a web ACL. The defaults of `ApiAccess` by default.
        load_balancer_subnets: The ALB's subnets; public ones by default, private ones if it is internal.
        memory_percent: The mean memory in percent that autoscaling aims at besides the CPU; none by default.
        options: How the task runs on Fargate, and what is in it beside the server, as for `GrpcService`.
        place: The subnets of the tasks; the VPC's private subnets by default.
        overrides: Properties of CloudFormation resources that have no argument, by place and path.

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
        certificate: acm.ICertificate | None = None,
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
        access: ApiAccess | None = None,
        load_balancer_subnets: ec2.SubnetSelection | None = None,
        memory_percent: MemoryPercent | None = None,
        options: ServerOptions | None = None,
        place: Place | None = None,
        overrides: ApiOverrides | None = None,
    ) -> None:
        access = access or ApiAccess()
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
            options=options or ServerOptions(),
            place=place,
            memory_percent=memory_percent,
        )
        problems = [*server.problems(ecs_cluster.vpc), *_problems(access, certificate, ecs_cluster.vpc)]
        refuse(construct_id, argument_findings(problems))
        super().__init__(scope, construct_id)
        task = server.define_task(self)
        self.task_role = task.definition.task_role
        self.ecs_service = server.define_ecs_service(
            self, task, ecs_cluster=ecs_cluster, description="Tasks of the public API"
        )
        made = self._define_load_balancer(
            ecs_cluster, load_balancer_subnets, access, certificate, port, health_path, deletion_protection
        )
        self.load_balancer = made.load_balancer
        override(construct_id, lambda: self._places(task, made), overrides)

    def _places(self, task: Task, made: ApiLoadBalancer) -> dict[str, IConstruct | None]:
        return {**places(task.definition, self.ecs_service, task.log_group), **vars(made)}

    def _define_load_balancer(
        self,
        ecs_cluster: ecs.ICluster,
        subnets: ec2.SubnetSelection | None,
        access: ApiAccess,
        certificate: acm.ICertificate | None,
        port: int,
        health_path: str,
        deletion_protection: bool,
    ) -> ApiLoadBalancer:
        return define_api_load_balancer(
            self,
            vpc=ecs_cluster.vpc,
            subnets=subnets,
            access=access,
            certificate=certificate,
            service=self.ecs_service,
            port=port,
            health_path=health_path,
            deletion_protection=deletion_protection,
        )

    @property
    @jsii.member(jsii_name="connections")
    def connections(self) -> ec2.Connections:
        """What the tasks may call, as in `proxy.connections.allow_default_port_from(api)`."""
        return self.ecs_service.connections


def _problems(access: ApiAccess, certificate: acm.ICertificate | None, vpc: ec2.IVpc) -> Iterator[Finding]:
    yield from access_findings(access, has_certificate=certificate is not None)
    if access.internal and not knows_block(vpc):
        problem = "lets in the VPC, whose block is not known; give Vpc.from_vpc_attributes vpc_cidr_block"
        yield ("internal",), problem
