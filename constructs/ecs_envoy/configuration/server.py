"""Blocks of the configuration that describe a server: a gRPC service or the public API."""

from pydantic import Field

from ecs_envoy.plan.discovery import DISCOVERY, Discovery
from ecs_envoy.plan.stop.service_stop import STOP_TIMEOUT
from ecs_envoy.settings import values
from ecs_envoy.settings.network.api_access import ApiAccess
from ecs_envoy.settings.secret_arn import KmsKeyArn, SecretSource
from ecs_envoy.settings.task.health_check import ContainerHealthCheck
from ecs_envoy.settings.task.options import ServerOptions
from ecs_envoy.settings.task.overrides import ApiOverrides, ServiceOverrides
from ecs_envoy.settings.task.references import CredentialsArn, HostedZoneId
from ecs_envoy.settings.tasks import (
    API_PORT,
    TASKS,
    ServerTaskBounds,
    ServerTaskCount,
    ServiceTaskBounds,
    ServiceTaskCount,
    TaskSize,
)
from envoy_config import TrafficPolicy, Upstream
from envoy_config.settings import Settings
from envoy_config.values import Flag, Port


class Egress(Settings):
    """Addresses that a service's tasks may connect to, in addition to HTTPS."""

    cidr: values.Cidr = Field(description="the IPv4 block to reach")
    port: Port = Field(description="the TCP port to reach")


class Container(ServerOptions, TaskSize):
    """A task with the container of the user's server."""

    image: values.Image = Field(description="the container image, with its tag or digest")
    environment: dict[values.VariableName, values.EnvironmentValue] = Field(
        default={}, description="environment variables"
    )
    secrets: dict[values.VariableName, SecretSource] = Field(
        default={},
        description="environment variables from Secrets Manager (by the secret's complete ARN, alone or with "
        ":json-key:version-stage:version-id) or from Parameter Store (by the parameter's ARN)",
    )
    kms_keys: list[KmsKeyArn] = Field(
        default=[],
        description="ARNs of customer managed KMS keys that encrypt these secrets; ECS may decrypt with them",
    )
    egress: list[Egress] = Field(default=[], description="what tasks may connect to, in addition to HTTPS")
    container_health_check: ContainerHealthCheck | None = Field(
        default=None, description="the check that ECS runs in the container; none by default"
    )
    tasks: ServerTaskCount = Field(
        default=ServerTaskBounds(min=TASKS, max=TASKS),
        description="number of tasks, or bounds for autoscaling",
    )
    repository_credentials: CredentialsArn | None = Field(
        default=None, description="the secret with the login of the image's registry; none by default"
    )


class CutOver(Settings):
    """The move of a service's clients from its old load balancer to the proxy, by the name that they dial."""

    name: values.DnsName = Field(
        description="the name that clients dial; the proxy routes calls to it to this service"
    )
    zone: HostedZoneId = Field(description="the id of the Route 53 private hosted zone in which the name is")
    load_balancer: values.DnsName = Field(alias="from", description="the old load balancer's DNS name")
    percent: values.CutOverPercent = Field(
        default=0, description="how many of 100 look-ups get the proxy; the others get the load balancer"
    )


class Discovered(Settings):
    """A service whose tasks the proxy has to find."""

    policy: TrafficPolicy = Field(
        default=TrafficPolicy(),
        description="how the proxy treats its calls, where that is not as in the policy of the file",
    )
    discovery: Discovery = Field(
        default=DISCOVERY,
        description="how the proxy finds its tasks: cloud_map sees a change within 2 s, by a sidecar; dns "
        "takes up to 70 s and finds at most 4 tasks",
    )
    cut_over: CutOver | None = Field(
        default=None,
        description="the move of clients from an old load balancer, by weighted records for the name that "
        "they dial; none by default",
    )


class Service(Container, Discovered, Upstream):
    """A gRPC service that this configuration deploys."""

    tasks: ServiceTaskCount = Field(
        default=ServiceTaskBounds(min=TASKS, max=TASKS),
        description="number of tasks, or bounds for autoscaling",
    )
    overrides: ServiceOverrides = Field(
        default={},
        description="properties of CloudFormation resources that have no key, by place and path, such as "
        "{task_definition: {PidMode: task}}",
    )
    stop_timeout: values.StopTimeout = Field(
        default=STOP_TIMEOUT, description="time that the server has to end after SIGTERM"
    )
    pre_stop_wait: values.PreStopWait | None = Field(
        default=None,
        description="time that a task keeps serving before its server gets SIGTERM; by default 4s by "
        "cloud_map and 72s by dns, which are also the least; 0s if the server keeps serving by itself",
    )
    pre_stop_image: values.Image | None = Field(
        default=None,
        description="an image with a shell and sleep, for the pre-stop container; BusyBox by default",
    )
    stack: values.ServiceStack | None = Field(
        default=None,
        description="the number of the stack that it is in, which may be above service_stacks; for a new "
        "service where the stack of its name is full; by default its name decides",
    )
    calls: list[values.DnsLabel] = Field(
        default=[],
        description="the services that it calls through the proxy; with any, security groups let its tasks "
        "call the proxy, which carries calls to each of its services",
    )
    proxy_address_variable: values.VariableName | None = Field(
        default=None,
        description="the environment variable that holds the proxy's host:port; none by default; with "
        "several proxies, see their address_variable",
    )


class Api(Container, ApiAccess):
    """The public HTTP API, behind an ALB; it calls the services through the proxy."""

    port: Port = Field(default=API_PORT, description="the TCP port that tasks serve HTTP on")
    certificate: values.CertificateArn | None = Field(
        default=None, description="the ARN of the ALB's ACM certificate; needed, unless http_only is true"
    )
    health_path: values.UrlPath = Field(default="/", description="the path that the ALB checks")
    deletion_protection: Flag = Field(
        default=False,
        description="whether AWS refuses to delete the ALB; for production, after the first deployment",
    )
    calls: list[values.DnsLabel] | None = Field(
        default=None,
        description="the services that it calls through the proxy; by default all; [] does not let it call "
        "the proxy",
    )
    proxy_address_variable: values.VariableName = Field(
        default="GRPC_ADDRESS",
        description="the environment variable that holds the proxy's host:port; with several proxies, see "
        "their address_variable",
    )
    overrides: ApiOverrides = Field(
        default={},
        description="properties of CloudFormation resources that have no key, by place and path, such as "
        "{load_balancer: {IpAddressType: dualstack}}",
    )
