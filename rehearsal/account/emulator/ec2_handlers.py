"""CloudFormation's EC2 resources that MiniStack has no handler for; each makes the EC2 call it stands for."""

from typing import Any

from rehearsal.account.emulator.ministack_internals import Created, Properties, call_ec2, found


def _tag_specification(kind: str, properties: Properties) -> list[Properties]:
    tags: list[Properties] = properties.get("Tags") or []
    return [{"ResourceType": kind, "Tag": tags}] if tags else []


def create_elastic_ip(_logical_id: str, properties: Properties, _stack: str) -> Created:
    """Allocate an Elastic IP address; its Ref is the address, as CloudFormation has it."""
    answer = call_ec2(
        "AllocateAddress",
        Domain=properties.get("Domain", "vpc"),
        TagSpecification=_tag_specification("elastic-ip", properties),
    )
    address, allocation = found(answer, "publicIp"), found(answer, "allocationId")
    return address, {"AllocationId": allocation, "PublicIp": address}


def delete_elastic_ip(physical_id: str, _properties: Properties) -> None:
    """Release the address `physical_id`."""
    answer = call_ec2("DescribeAddresses")
    for item in answer.iter("item"):
        if item.findtext("publicIp") == physical_id:
            call_ec2("ReleaseAddress", AllocationId=found(item, "allocationId"))
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
    gateway = found(answer, "natGatewayId")
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
    flow_log = found(answer, "flowLogIdSet/item")
    return flow_log, {"Id": flow_log}


def delete_flow_log(physical_id: str, _properties: Properties) -> None:
    """Delete the flow log `physical_id`."""
    call_ec2("DeleteFlowLogs", FlowLogId=[physical_id])


def create_ingress(_logical_id: str, properties: Properties, _stack: str) -> Created:
    """Let traffic in to a security group."""
    return _authorize("Ingress", properties)


def delete_ingress(_physical_id: str, properties: Properties) -> None:
    """Take an ingress rule back."""
    call_ec2("RevokeSecurityGroupIngress", **_rule("Ingress", properties))


def create_egress(_logical_id: str, properties: Properties, _stack: str) -> Created:
    """Let traffic out of a security group."""
    return _authorize("Egress", properties)


def delete_egress(_physical_id: str, properties: Properties) -> None:
    """Take an egress rule back."""
    call_ec2("RevokeSecurityGroupEgress", **_rule("Egress", properties))


def restrict_default_group(_logical_id: str, properties: Properties, _stack: str) -> Created:
    """Take away the rules of a VPC's default security group, as the CDK's custom resource does.

    Its Lambda function is deployed but cannot run here: it needs the AWS SDK that Lambda brings.
    """
    group = properties["DefaultSecurityGroupId"]
    described = call_ec2("DescribeSecurityGroups", GroupId=[group])
    for direction, tag in (("Ingress", "ipPermissions"), ("Egress", "ipPermissionsEgress")):
        for rule in described.findall(f".//securityGroupInfo/item/{tag}/item"):
            blocks = [{"CidrIp": block.text} for block in rule.findall("ipRanges/item/cidrIp")]
            groups = [{"GroupId": other.text} for other in rule.findall("groups/item/groupId")]
            permission = {"IpProtocol": found(rule, "ipProtocol"), "IpRanges": blocks, "Groups": groups}
            call_ec2(f"RevokeSecurityGroup{direction}", GroupId=group, IpPermissions=[permission])
    return "restrict-default-security-group", {}


def keep_default_group(_physical_id: str, _properties: Properties) -> None:
    """Leave the default group empty: the VPC goes with it."""


def _authorize(direction: str, properties: Properties) -> Created:
    answer = call_ec2(f"AuthorizeSecurityGroup{direction}", **_rule(direction, properties))
    rule = found(answer, "securityGroupRuleId")
    return rule, {"Id": rule}


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
