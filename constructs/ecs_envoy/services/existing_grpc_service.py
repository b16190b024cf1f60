"""The construct for a gRPC service that something else deploys."""

from typing import Annotated

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct
from pydantic import TypeAdapter

from ecs_envoy.fargate.arguments import argument_findings
from ecs_envoy.plan.discovery import Discovery
from ecs_envoy.plan.rules import rule_findings
from ecs_envoy.plan.service_plan import SERVICE_RULES, service_plan
from ecs_envoy.plan.stop.service_stop import TaskStop
from ecs_envoy.settings.arguments import Example, checked_arguments, findings_of, refuse
from ecs_envoy.settings.values import CloudMapServiceName, DnsLabel
from envoy_config import Upstream

_NAME: TypeAdapter[str] = TypeAdapter(DnsLabel)


class ExistingGrpcService(Construct):
    """Defines only the route to a gRPC service that Cloud Map already lists.

    Args:
        namespace: The Cloud Map namespace that lists its tasks.
        cloud_map_service: Its name in the namespace.
        name: Its name in the proxy's log and metrics; the construct's id by default.
        upstream: How Envoy calls the tasks: their port, the proto services routed to them, health
            checks and more. By default the port is 50051, as in gRPC's examples, and all calls of the
            proxy are routed to them; this works only if the proxy has no other service.
        security_group: Its tasks' security group, which gets a rule that lets the proxy in. By default
            the owner of the service has to let the proxy in.
        discovery: How the proxy finds its tasks, `cloud_map` by default, or `dns`, which is enough if
            there are never more than 8, deployments included (so 4 at rest), and if the tasks serve for 72
            seconds after SIGTERM.

    Attributes:
        plan: What a proxy needs to know about it.
        connections: Who may call its tasks; None without `security_group`.

    Raises:
        ArgumentError: A value is not allowed; the message has a line for each mistake.

    """

    @checked_arguments
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        namespace: servicediscovery.IPrivateDnsNamespace,
        cloud_map_service: CloudMapServiceName,
        name: DnsLabel | None = None,
        upstream: Annotated[Upstream, Example("Upstream(port=50051)")] | None = None,
        security_group: ec2.ISecurityGroup | None = None,
        discovery: Discovery | None = None,
    ) -> None:
        plan = service_plan(
            name=name or construct_id,
            namespace=namespace.namespace_name,
            cloud_map_service=cloud_map_service,
            upstream=upstream or Upstream(),
            discovery=discovery,
            max_tasks=None,
            stop=TaskStop(),
        )
        refuse(
            construct_id,
            [
                *findings_of(_NAME, plan.name, "name"),
                *argument_findings(rule_findings(SERVICE_RULES, plan)),
            ],
        )
        super().__init__(scope, construct_id)
        self.plan = plan
        self.connections = ec2.Connections(security_groups=[security_group]) if security_group else None
