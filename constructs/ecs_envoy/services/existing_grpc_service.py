"""The construct for a gRPC service that something else deploys."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct
from pydantic import TypeAdapter

from ecs_envoy.fargate.arguments import PolicyArgument, argument_findings
from ecs_envoy.plan.discovery import Discovery
from ecs_envoy.plan.reach.service_location import (
    EXISTING_RULES,
    AtAddress,
    ExistingEntry,
    InCloudMap,
    InEcs,
    Location,
    discovery_at,
    split_address,
)
from ecs_envoy.plan.rules import rule_findings
from ecs_envoy.plan.service_plan import SERVICE_RULES, ServicePlan
from ecs_envoy.plan.stop.service_stop import TaskStop
from ecs_envoy.settings.arguments import Example, checked_arguments, findings_of, is_token, refuse
from ecs_envoy.settings.reach.port_range import PortRange
from ecs_envoy.settings.reach.service_address import ServiceAddress
from ecs_envoy.settings.values import Cidr, CloudMapServiceName, DnsLabel
from envoy_config import TrafficPolicy, Upstream
from envoy_config.settings_error import Finding

_NAME: TypeAdapter[str] = TypeAdapter(DnsLabel)


class ExistingGrpcService(Construct):
    """Defines only the route to a gRPC service that something else deploys.

    One of `cloud_map_service`, `ecs_service` and `address` says where its tasks are.

    Args:
        namespace: The Cloud Map namespace of `cloud_map_service`: that of the proxy, or another one of the
            account, also an HTTP namespace.
        cloud_map_service: Its name in the namespace.
        ecs_service: Its ECS service, such as `ecs.FargateService.from_fargate_service_attributes(...)`. The
            sidecar asks ECS's API for its tasks, so it needs no registry; they need the network mode awsvpc.
        address: A DNS name and a port, such as `lessons.corp:50051`.
        name: Its name in the proxy's log and metrics; the construct's id by default.
        upstream: Which calls go to it: the proto services and hosts routed to it, and the port of its
            tasks. By default the port is 50051, as in gRPC's examples, and all calls of the
            proxy are routed to them; this works only if the proxy has no other service.
        policy: How the proxy treats its calls: timeouts, retries, load balancing, health checks and more.
            What it does not give is as in the policy of the proxy.
        instance_ports: The range of the ports, if Cloud Map lists a port for each instance (SRV records,
            `AWS_INSTANCE_PORT`), such as `PortRange(first=32768, last=65535)`. Rules then open the range. By
            default all have the port of `upstream`.
        security_group: Its tasks' security group, which gets a rule that lets the proxy in. By default
            the owner of the service has to let the proxy in.
        cidrs: The IPv4 blocks that its tasks are in, if `security_group` is not given: the proxy may connect
            to them. By default the private subnets of the proxy's VPC.
        discovery: How the proxy finds the tasks of `cloud_map_service`, `cloud_map` by default, or `dns`,
            which is enough if there are never more than 8, deployments included (so 4 at rest), and if the
            tasks serve for 72 seconds after SIGTERM.

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
        namespace: servicediscovery.INamespace | None = None,
        cloud_map_service: CloudMapServiceName | None = None,
        ecs_service: ecs.IBaseService | None = None,
        address: ServiceAddress | None = None,
        name: DnsLabel | None = None,
        upstream: Annotated[Upstream, Example("Upstream(port=50051)")] | None = None,
        policy: PolicyArgument | None = None,
        instance_ports: PortRange | None = None,
        security_group: ec2.ISecurityGroup | None = None,
        cidrs: Sequence[Cidr] = (),
        discovery: Discovery | None = None,
    ) -> None:
        upstream = upstream or Upstream()
        refuse(construct_id, _unknown(address, ecs_service))
        locations = {
            "cloud_map_service": _in_cloud_map(namespace, cloud_map_service),
            "ecs_service": _in_ecs(ecs_service) if ecs_service else None,
            "address": split_address(address) if address else None,
        }
        found = {argument: location for argument, location in locations.items() if location}
        given = [*found, *(["cloud_map_service"] if cloud_map_service and not namespace else [])]
        entry = ExistingEntry(
            given=given,
            location=next(iter(found.values())) if len(given) == len(found) == 1 else None,
            discovery=discovery,
            gives_port="port" in upstream.model_fields_set,
            namespace_given=namespace is not None,
            instance_ports=instance_ports,
            has_security_group=security_group is not None,
            cidrs=cidrs,
        )
        plan = _plan(
            construct_id, name or construct_id, entry, upstream, policy or TrafficPolicy(), security_group
        )
        super().__init__(scope, construct_id)
        self.plan = plan
        self.connections = ec2.Connections(security_groups=[security_group]) if security_group else None


def _unknown(address: str | None, ecs_service: ecs.IBaseService | None) -> Iterator[Finding]:
    if is_token(address):
        problem = "is known only when the stack is deployed; give it as text, such as lessons.corp:50051"
        yield ("address",), problem
    if ecs_service is not None and not hasattr(ecs_service, "cluster"):  # an import by its ARN alone
        cure = "one such as ecs.BaseService.from_service_arn_with_cluster(scope, id, arn)"
        yield ("ecs_service",), f"has no ECS cluster; give {cure}"


def _in_cloud_map(namespace: servicediscovery.INamespace | None, service: str | None) -> InCloudMap | None:
    if namespace is None or service is None:
        return None
    return InCloudMap(
        service=service,
        namespace=namespace.namespace_name,
        namespace_id=namespace.namespace_id,
        has_dns=namespace.type is not servicediscovery.NamespaceType.HTTP,
    )


def _in_ecs(service: ecs.IBaseService) -> InEcs:
    return InEcs(ecs_cluster=service.cluster.cluster_name, ecs_service=service.service_name)


def _plan(
    construct_id: str,
    name: str,
    entry: ExistingEntry,
    upstream: Upstream,
    policy: TrafficPolicy,
    group: ec2.ISecurityGroup | None,
) -> ServicePlan:
    """Return the plan of the service.

    Raises:
        ArgumentError: A setting is not allowed.

    """
    problems = findings_of(_NAME, name, "name")
    location: Location | None = entry.location
    if location is None and entry.given == ["cloud_map_service"]:
        problems.append((("namespace",), "missing; give the Cloud Map namespace of cloud_map_service"))
    else:
        problems += argument_findings(
            (path or ("cloud_map_service",), message)
            for path, message in rule_findings(EXISTING_RULES, entry)
        )
    if location is None:
        refuse(construct_id, problems)
        raise AssertionError("an entry without a location has problems")
    at_address = isinstance(location, AtAddress)
    plan = ServicePlan(
        name=name,
        location=location,
        upstream=upstream.model_copy(update={"port": location.port}) if at_address else upstream,
        policy=policy,
        discovery=discovery_at(location, entry.discovery),
        instance_ports=entry.instance_ports,
        cidrs=tuple(entry.cidrs),
        security_group=group.security_group_id if group else "",
        max_tasks=None,
        stop=TaskStop(),
    )
    refuse(construct_id, [*problems, *argument_findings(rule_findings(SERVICE_RULES, plan))])
    return plan
