"""The configuration of one environment: what the platform team writes, and every default of it."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from ecs_envoy.configuration.block import Block
from ecs_envoy.configuration.observability import Observability
from ecs_envoy.settings import values as s
from ecs_envoy.settings.envoy_image import ENVOY_IMAGE, envoy_image_problem
from ecs_envoy.settings.fargate_sizes import MEMORY_MIB


def _cpu(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in MEMORY_MIB:
        raise s.refusal(value, "a CPU size of Fargate", f"one of {', '.join(map(str, MEMORY_MIB))}")
    return value


def _memory(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 512:
        raise s.refusal(value, "a memory size in MiB", "one that Fargate offers, such as 512 or 1024")
    return value


def _envoy_image(value: object) -> object:
    if isinstance(value, str) and (text := envoy_image_problem(value)):
        raise s.problem(text)
    return value


def _tasks(value: object) -> object:
    return {"min": value, "max": value} if isinstance(value, int) and not isinstance(value, bool) else value


Cpu = Annotated[int, BeforeValidator(_cpu), WithJsonSchema({"enum": list(MEMORY_MIB)})]
Memory = Annotated[int, BeforeValidator(_memory), WithJsonSchema({"type": "integer", "minimum": 512})]


class _Sized(Block):
    cpu: Cpu = Field(default=256, description="CPU units of a task; 1024 are one vCPU")
    memory: Memory = Field(default=512, description="memory of a task in MiB")


class TaskBounds(Block):
    """How many tasks may run; autoscaling moves between the two bounds."""

    min: s.Tasks = Field(description="the fewest tasks")
    max: s.Tasks = Field(description="the most tasks")
    cpu_percent: s.CpuPercent = Field(default=60, description="the mean CPU that autoscaling aims at")


TaskCount = Annotated[TaskBounds, BeforeValidator(_tasks)]


class NewNetwork(Block):
    """A VPC to create."""

    cidr: s.VpcCidr = Field(default="10.0.0.0/16", description="the VPC's IPv4 block")
    availability_zones: list[s.AvailabilityZone] = Field(
        default=[], description="at least two; by default the region's a and b"
    )
    nat_gateways: s.NatGateways = Field(
        default=1, description="NAT gateways: one is cheaper, one for each zone survives the loss of a zone"
    )


class Network(Block):
    """Where everything runs: a VPC to create, or one that exists."""

    new: NewNetwork | None = Field(default=None, description="the VPC to create")
    vpc_id: s.VpcId | None = Field(default=None, description="the id of the VPC to use")
    ecs_cluster: s.EcsClusterName | None = Field(
        default=None, description="the name of the ECS cluster to use; one is created by default"
    )


class Namespace(Block):
    """The Cloud Map private DNS namespace that names services and the proxy."""

    name: s.DnsName = Field(description="the namespace's DNS name, such as learning.local")
    id: s.NamespaceId | None = Field(
        default=None, description="the id of the namespace to use; else it is created"
    )


class ContainerHealthCheck(Block):
    """The check that ECS runs inside the container; the image has to have the command."""

    command: list[s.Line] = Field(min_length=1, description="what to run, such as [/bin/grpc_health_probe]")
    interval: s.HealthCheckInterval = Field(
        default=timedelta(seconds=10), description="time between checks, 5s to 5m"
    )
    timeout: s.HealthCheckTimeout = Field(
        default=timedelta(seconds=5), description="time for one check, 2s to 1m"
    )
    retries: s.Retries = Field(default=3, description="failures in a row until ECS replaces the task")
    start_period: s.HealthCheckStartPeriod = Field(
        default=timedelta(seconds=10), description="time to start, up to 5m"
    )


class Egress(Block):
    """A place that a service's tasks may connect to, besides HTTPS."""

    cidr: s.Cidr = Field(description="the IPv4 block to reach")
    port: s.Port = Field(description="the TCP port to reach")


class _Container(_Sized):
    image: s.Image = Field(description="the container image, with its tag or digest")
    environment: dict[s.VariableName, s.Line] = Field(default={}, description="environment variables")
    secrets: dict[s.VariableName, s.SecretArn] = Field(
        default={}, description="environment variables from Secrets Manager, by the secret's complete ARN"
    )
    egress: list[Egress] = Field(default=[], description="what tasks may connect to, besides HTTPS")
    container_health_check: ContainerHealthCheck | None = Field(
        default=None, description="the check that ECS runs in the container; none by default"
    )


class _Routed(Block):
    discovery: Literal["dns", "cloud_map"] | None = Field(
        default=None,
        description="how the proxy learns of its tasks: by default dns for 8 tasks at most, else cloud_map",
    )
    zone_aware: s.Flag = Field(
        default=True,
        description="whether the proxy prefers tasks of its own zone, where there are twice as many as zones",
    )


class Service(_Container, _Routed):
    """A gRPC service that this configuration deploys."""

    port: s.Port = Field(default=50051, description="the TCP port that tasks serve gRPC on")
    tasks: Annotated[TaskCount, Field(description="how many tasks: a number, or bounds for autoscaling")] = (
        TaskBounds(min=2, max=2)
    )
    grpc_services: list[s.ProtoService] = Field(
        default=[],
        description="the fully qualified proto services routed here; only a sole service may omit them",
    )
    health_check: Literal["grpc", "tcp", "none"] = Field(
        default="tcp", description="how Envoy checks a task: grpc needs grpc.health.v1 in the service"
    )
    stop_timeout: s.StopTimeout = Field(
        default=timedelta(seconds=30), description="time for the server to end after SIGTERM, 2s to 2m"
    )
    pre_stop_wait: s.PreStopWait | None = Field(
        default=None, description="time that a task serves on before its server gets SIGTERM; none by default"
    )
    pre_stop_image: s.Image | None = Field(
        default=None, description="an image with a shell and sleep for that wait; BusyBox by default"
    )


class ExistingService(_Routed):
    """A gRPC service that something else deploys; it is only routed to."""

    cloud_map_service: s.DnsLabel = Field(description="the name of its Cloud Map service in the namespace")
    port: s.Port = Field(default=50051, description="the TCP port that tasks serve gRPC on")
    grpc_services: list[s.ProtoService] = Field(
        default=[],
        description="the fully qualified proto services routed here; only a sole service may omit them",
    )
    security_group: s.SecurityGroupId | None = Field(
        default=None, description="its tasks' security group; the proxy is let in where it is given"
    )
    health_check: Literal["grpc", "tcp", "none"] = Field(
        default="tcp", description="how Envoy checks a task: grpc needs grpc.health.v1 in the service"
    )


class Sidecar(Block):
    """The sidecar that asks Cloud Map; it is there where a service is discovered by it."""

    image: s.Image | None = Field(
        default=None, description="its image by name; by default the CDK CLI builds it, with Docker"
    )
    interval: s.PollInterval = Field(
        default=timedelta(seconds=1), description="time between two polls of a service, 500ms to 1m"
    )


class Proxy(_Sized):
    """Envoy, between the API and the services."""

    name: s.DnsLabel = Field(default="grpc", description="clients dial <name>.<namespace>:<port>")
    port: s.UnprivilegedPort = Field(default=50051, description="the TCP port that clients dial")
    tasks: s.Tasks = Field(default=2, description="how many tasks; two survive the loss of a zone")
    image: Annotated[s.Image, BeforeValidator(_envoy_image)] = Field(
        default=ENVOY_IMAGE, description="Envoy's stock image or a copy of it, by exact version or digest"
    )
    discovery: Sidecar = Field(default=Sidecar(), description="the sidecar that asks Cloud Map")


class Api(_Container):
    """The public HTTP API, behind an ALB; it calls the services through the proxy."""

    port: s.Port = Field(default=8080, description="the TCP port that tasks serve HTTP on")
    tasks: Annotated[TaskCount, Field(description="how many tasks: a number, or bounds for autoscaling")] = (
        TaskBounds(min=2, max=2)
    )
    certificate: s.CertificateArn = Field(description="the ARN of the ALB's ACM certificate")
    health_path: s.UrlPath = Field(default="/", description="the path that the ALB checks")
    proxy_address_variable: s.VariableName = Field(
        default="GRPC_ADDRESS", description="the environment variable that holds the proxy's host:port"
    )


class RehearsedService(Block):
    """A local command that `ecs-envoy rehearse` runs in the place of a service's image."""

    command: list[s.Line] = Field(
        min_length=1,
        description="what to run in the file's folder; {address} and {port} stand for where to listen",
    )
    methods: list[s.ProtoMethod] = Field(
        default=[],
        description="unary methods to call with an empty request, such as learning.v1.Lessons/List",
    )


class Rehearsal(Block):
    """How `ecs-envoy rehearse` plays the services; nothing here is deployed."""

    work: s.Work = Field(
        default=timedelta(milliseconds=5), description="CPU time that a stand-in server spends on each call"
    )
    services: dict[s.DnsLabel, RehearsedService] = Field(
        default={}, description="local commands by service, or for api; stand-in servers by default"
    )


class Configuration(Block):
    """One environment."""

    environment: s.DnsLabel = Field(description="the environment's name, such as dev or prod")
    region: s.Region = Field(description="the AWS region, such as eu-west-1")
    account: s.Account = Field(description="the AWS account, twelve digits in quotes")
    network: Network = Field(default=Network(), description="where everything runs")
    namespace: Namespace = Field(description="the Cloud Map namespace")
    proxy: Proxy = Field(default=Proxy(), description="Envoy")
    services: dict[s.DnsLabel, Service] = Field(
        default={}, description="the gRPC services to deploy, by name"
    )
    existing_services: dict[s.DnsLabel, ExistingService] = Field(
        default={}, description="the gRPC services that are only routed to, by name"
    )
    api: Api | None = Field(default=None, description="the public HTTP API; none by default")
    observability: Observability = Field(
        default=Observability(), description="where logs, metrics and traces go"
    )
    rehearsal: Rehearsal = Field(
        default=Rehearsal(), description="how to rehearse; nothing of it is deployed"
    )
