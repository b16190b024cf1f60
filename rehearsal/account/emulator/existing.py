"""Creates in the emulator what the configuration says exists already, before the first deployment."""

import itertools
from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from rehearsal.account.emulator.ministack_internals import (
    call_ec2,
    ec2,
    ecs,
    responses,
    servicediscovery,
    text_in,
)
from rehearsal.account.emulator.route53_handlers import create_private_zone
from rehearsal.account.existing import Existing, SubnetGroup


def create_existing(existing: Existing) -> None:
    """Create `existing` in this process's emulator, with the ids that it gives."""
    with responses.request_scope(existing.account, existing.region):
        if existing.vpc:
            _create_vpc(existing.vpc, existing.zones, existing.subnet_groups)
        for zone, records in existing.private_zones:
            create_private_zone(zone, existing.vpc, records)
        for group in existing.security_groups:
            with _next_id(ec2, "_new_sg_id", group):
                call_ec2("CreateSecurityGroup", GroupName=group, GroupDescription=group, VpcId=existing.vpc)
        if existing.ecs_cluster:
            ecs._create_cluster({"clusterName": existing.ecs_cluster})
        if existing.namespace:
            namespace, name = existing.namespace
            _create_namespace(namespace, name, "dns", existing.vpc)
            _create_services(namespace, existing.cloud_map_services)
        for other in existing.other_namespaces:
            _create_namespace(other.id, other.name, other.type, existing.vpc)
            _create_services(other.id, other.cloud_map_services, has_dns=other.type == "dns")


def _create_services(namespace: str, names: tuple[str, ...], *, has_dns: bool = True) -> None:
    records = {"RoutingPolicy": "MULTIVALUE", "DnsRecords": [{"Type": "A", "TTL": 5}]}
    for name in names:
        servicediscovery._create_service(
            {
                "Name": name,
                "NamespaceId": namespace,
                **({"DnsConfig": records} if has_dns else {}),
                # As the CDK and ECS's console make a registry.
                "HealthCheckCustomConfig": {"FailureThreshold": 1},
            }
        )


def _create_vpc(vpc: str, zones: Sequence[str], groups: Sequence[SubnetGroup]) -> None:
    """Create a VPC with a subnet of each of `groups` in each zone; the public ones come first."""
    with _next_id(ec2, "_new_vpc_id", vpc):
        call_ec2("CreateVpc", CidrBlock="10.20.0.0/16")
    gateway = text_in(call_ec2("CreateInternetGateway"), "internetGatewayId")
    call_ec2("AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    blocks = (f"10.20.{number}.0/24" for number in itertools.count())
    nat_gateway: str | None = None
    for group in sorted(groups, key=lambda group: group.kind != "public"):
        for number, zone in enumerate(zones):
            subnet, table = _create_subnet(vpc, next(blocks), zone, group, number)
            route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
            if group.kind != "isolated":
                nat_gateway = nat_gateway or text_in(
                    call_ec2("CreateNatGateway", SubnetId=subnet), "natGatewayId"
                )
            if group.kind == "public":
                call_ec2("CreateRoute", **route, GatewayId=gateway)
            elif group.kind == "private":
                call_ec2("CreateRoute", **route, NatGatewayId=nat_gateway)


def _create_subnet(vpc: str, block: str, zone: str, group: SubnetGroup, number: int) -> tuple[str, str]:
    """Create a subnet with a route table of its own, and return the ids of both."""
    key, value = group.tag
    with _next_id(ec2, "_new_subnet_id", group.ids[number]) if group.ids[number:] else nullcontext():
        answer = call_ec2(
            "CreateSubnet",
            VpcId=vpc,
            CidrBlock=block,
            AvailabilityZone=zone,
            TagSpecification=[{"ResourceType": "subnet", "Tag": [{"Key": key, "Value": value}]}],
        )
    subnet = text_in(answer, "subnetId")
    table = text_in(call_ec2("CreateRouteTable", VpcId=vpc), "routeTableId")
    call_ec2("AssociateRouteTable", RouteTableId=table, SubnetId=subnet)
    return subnet, table


def _create_namespace(namespace: str, name: str, kind: str, vpc: str | None) -> None:
    has_dns = kind == "dns"
    record, error = servicediscovery._create_namespace_record(
        name, "DNS_PRIVATE" if has_dns else "HTTP", vpc=vpc if has_dns else None
    )
    if error:
        raise RuntimeError(f"{name}: the emulator cannot create the namespace: {error[2]!r}")
    store = servicediscovery._namespaces
    del store[record["Id"]]
    store[namespace] = {**record, "Id": namespace, "Arn": servicediscovery._namespace_arn(namespace)}


@contextmanager
def _next_id(module: Any, function: str, next_id: str) -> Generator[None]:  # noqa: ANN401
    """Make `module` use `next_id` for the next resource that it creates, and its own ids after that."""
    original = getattr(module, function)
    ids = iter([next_id])
    setattr(module, function, lambda: next(ids, None) or original())
    try:
        yield
    finally:
        setattr(module, function, original)
