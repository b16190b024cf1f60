"""Handlers for CloudFormation's EC2 resources that MiniStack lacks; each makes the matching EC2 call."""

from typing import Any

from rehearsal.account.emulator.ministack_internals import (
    Created,
    Properties,
    RefusedError,
    call_ec2,
    text_in,
)


def _tag_specification(kind: str, properties: Properties) -> list[Properties]:
    tags: list[Properties] = properties.get("Tags") or []
    return [{"ResourceType": kind, "Tag": tags}] if tags else []


def create_elastic_ip(_logical_id: str, properties: Properties, _stack: str) -> Created:
    """Allocate an Elastic IP address; its Ref is the address, as in CloudFormation."""
    answer = call_ec2(
        "AllocateAddress",
        Domain=properties.get("Domain", "vpc"),
        TagSpecification=_tag_specification("elastic-ip", properties),
    )
    address, allocation = text_in(answer, "publicIp"), text_in(answer, "allocationId")
    return address, {"AllocationId": allocation, "PublicIp": address}


def delete_elastic_ip(physical_id: str, _properties: Properties) -> None:
    """Release the address `physical_id`."""
    answer = call_ec2("DescribeAddresses")
    for item in answer.iter("item"):
        if item.findtext("publicIp") == physical_id:
            call_ec2("ReleaseAddress", AllocationId=text_in(item, "allocationId"))
            return


def create_nat_gateway(_logical_id: str, properties: Properties, _stack: str) -> Created:
    """Create a NAT gateway."""
    answer = call_ec2(
        "CreateNatGateway",
        SubnetId=properties["SubnetId"],
        AllocationId=properties.get("AllocationId"),
        ConnectivityType=properties.get("ConnectivityType", "public"),
        TagSpecification=_tag_specification("natgateway", properties),
    )
    gateway = text_in(answer, "natGatewayId")
    return gateway, {"NatGatewayId": gateway}


def delete_nat_gateway(physical_id: str, _properties: Properties) -> None:
    """Delete the NAT gateway `physical_id`."""
    call_ec2("DeleteNatGateway", NatGatewayId=physical_id)


def create_flow_log(_logical_id: str, properties: Properties, _stack: str) -> Created:
    """Create a flow log."""
    answer = call_ec2(
        "CreateFlowLogs",
        ResourceId=[properties["ResourceId"]],
        ResourceType=properties["ResourceType"],
        TrafficType=properties.get("TrafficType"),
        LogDestinationType=properties.get("LogDestinationType"),
        LogDestination=properties.get("LogDestination"),
        LogGroupName=properties.get("LogGroupName"),
        TagSpecification=_tag_specification("flow-log", properties),
    )
    flow_log = text_in(answer, "flowLogIdSet/item")
    return flow_log, {"Id": flow_log}


def delete_flow_log(physical_id: str, _properties: Properties) -> None:
    """Delete the flow log `physical_id`."""
    call_ec2("DeleteFlowLogs", FlowLogId=[physical_id])


def create_ingress(_logical_id: str, properties: Properties, _stack: str) -> Created:
    """Add an ingress rule to a security group."""
    return _authorize("Ingress", properties)


def delete_ingress(_physical_id: str, properties: Properties) -> None:
    """Remove an ingress rule."""
    call_ec2("RevokeSecurityGroupIngress", **_rule("Ingress", properties))


def create_egress(_logical_id: str, properties: Properties, _stack: str) -> Created:
    """Add an egress rule to a security group."""
    return _authorize("Egress", properties)


def delete_egress(_physical_id: str, properties: Properties) -> None:
    """Remove an egress rule."""
    call_ec2("RevokeSecurityGroupEgress", **_rule("Egress", properties))


def restrict_default_group(_logical_id: str, properties: Properties, _stack: str) -> Created:
    """Remove the rules of a VPC's default security group, as the CDK's custom resource does.

    Its Lambda function is deployed but cannot run here, because it needs the AWS SDK of Lambda's runtime.
    """
    group = properties["DefaultSecurityGroupId"]
    described = call_ec2("DescribeSecurityGroups", GroupId=[group])
    for direction, tag in (("Ingress", "ipPermissions"), ("Egress", "ipPermissionsEgress")):
        for rule in described.findall(f".//securityGroupInfo/item/{tag}/item"):
            blocks = [{"CidrIp": block.text} for block in rule.findall("ipRanges/item/cidrIp")]
            groups = [{"GroupId": other.text} for other in rule.findall("groups/item/groupId")]
            permission = {
                "IpProtocol": text_in(rule, "ipProtocol"),
                "IpRanges": blocks,
                "Groups": groups,
            }
            call_ec2(f"RevokeSecurityGroup{direction}", GroupId=group, IpPermissions=[permission])
    return "restrict-default-security-group", {}


def restrict_another_default_group(
    _physical_id: str, _old: Properties, new: Properties, stack: str
) -> Created:
    """Remove the rules of the default security group of a VPC that replaces another."""
    return restrict_default_group("", new, stack)


def keep_default_group(_physical_id: str, _properties: Properties) -> None:
    """Do nothing: the default group is deleted together with its VPC."""


def _authorize(direction: str, properties: Properties) -> Created:
    """Add a rule; refuse one that is there, as EC2 does and MiniStack does not."""
    wanted = _rule(direction, properties)
    (permission,) = wanted["IpPermissions"]
    if _key(permission) in _rules(direction, properties["GroupId"]):
        raise RefusedError(
            f"AuthorizeSecurityGroup{direction}: InvalidPermission.Duplicate: this rule exists already"
        )
    answer = call_ec2(f"AuthorizeSecurityGroup{direction}", **wanted)
    rule = text_in(answer, "securityGroupRuleId")
    return rule, {"Id": rule}


RuleKey = tuple[str, str, str, str]
"""The protocol, the first port, the last port, and the group or block of a rule."""


def _key(permission: Properties) -> RuleKey:
    peers = [group["GroupId"] for group in permission.get("Groups", [])]
    peers += [block["CidrIp"] for block in permission.get("IpRanges", [])]
    first, last = (str(permission.get(port) or "") for port in ("FromPort", "ToPort"))
    return str(permission["IpProtocol"]), first, last, "".join(peers)


def _rules(direction: str, group: str) -> set[RuleKey]:
    """Return the rules that a security group has."""
    tag = "ipPermissions" if direction == "Ingress" else "ipPermissionsEgress"
    found: set[RuleKey] = set()
    for rule in call_ec2("DescribeSecurityGroups", GroupId=[group]).findall(
        f".//securityGroupInfo/item/{tag}/item"
    ):
        peers = [*rule.findall("groups/item/groupId"), *rule.findall("ipRanges/item/cidrIp")]
        what = (rule.findtext("ipProtocol", ""), rule.findtext("fromPort", ""), rule.findtext("toPort", ""))
        found |= {(*what, peer.text or "") for peer in peers}
    return found


def _rule(direction: str, properties: Properties) -> dict[str, Any]:
    """Return the call's parameters for the rule that CloudFormation's `properties` describe."""
    peer = "Source" if direction == "Ingress" else "Destination"
    described = {"Description": properties["Description"]} if properties.get("Description") else {}
    permission: Properties = {
        "IpProtocol": properties["IpProtocol"],
        "FromPort": properties.get("FromPort"),
        "ToPort": properties.get("ToPort"),
    }
    if group := properties.get(f"{peer}SecurityGroupId"):
        permission["Groups"] = [{"GroupId": group, **described}]
    if block := properties.get("CidrIp"):
        permission["IpRanges"] = [{"CidrIp": block, **described}]
    return {"GroupId": properties["GroupId"], "IpPermissions": [permission]}
