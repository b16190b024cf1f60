"""`python -m rehearsal.account.emulator EXISTING`: the emulator, on BIND_HOST and GATEWAY_PORT."""

import json
import sys

from rehearsal.account.emulator import (
    cloud_map_handlers,
    ec2_handlers,
    ecs_handlers,
    recorded,
    scaling_handlers,
)
from rehearsal.account.emulator.existing import make
from rehearsal.account.emulator.ministack_internals import Properties, application, provisioners
from rehearsal.account.existing import Existing

_RECORDED = {"create": recorded.create, "update": recorded.update, "delete": recorded.delete}

HANDLERS: dict[str, Properties] = {
    "AWS::EC2::EIP": {
        "create": ec2_handlers.create_elastic_ip,
        "delete": ec2_handlers.delete_elastic_ip,
    },
    "AWS::EC2::NatGateway": {
        "create": ec2_handlers.create_nat_gateway,
        "delete": ec2_handlers.delete_nat_gateway,
    },
    "AWS::EC2::FlowLog": {
        "create": ec2_handlers.create_flow_log,
        "delete": ec2_handlers.delete_flow_log,
    },
    "AWS::EC2::SecurityGroupIngress": {
        "create": ec2_handlers.create_ingress,
        "delete": ec2_handlers.delete_ingress,
    },
    "AWS::EC2::SecurityGroupEgress": {
        "create": ec2_handlers.create_egress,
        "delete": ec2_handlers.delete_egress,
    },
    "Custom::VpcRestrictDefaultSG": {
        "create": ec2_handlers.restrict_default_group,
        "delete": ec2_handlers.keep_default_group,
    },
    "AWS::ApplicationAutoScaling::ScalableTarget": {
        "create": scaling_handlers.create_scalable_target,
        "update": scaling_handlers.update_scalable_target,
        "delete": scaling_handlers.delete_scalable_target,
    },
    "AWS::ApplicationAutoScaling::ScalingPolicy": {
        "create": scaling_handlers.create_scaling_policy,
        "update": scaling_handlers.update_scaling_policy,
        "delete": scaling_handlers.delete_scaling_policy,
    },
    **dict.fromkeys(recorded.TYPES, _RECORDED),
}


def register() -> None:
    """Put our handlers into MiniStack's registry, and close the holes in its own.

    Raises:
        RuntimeError: MiniStack has a handler of its own for one of ours, or none for ECS services.

    """
    registry: dict[str, Properties] = provisioners._RESOURCE_HANDLERS
    if known := sorted(HANDLERS.keys() & registry.keys()):
        raise RuntimeError(f"MiniStack handles {', '.join(known)} itself: take ours away")
    registry.update(HANDLERS)
    registry["AWS::ECS::Service"] |= {
        "create": ecs_handlers.create_service,
        "update": ecs_handlers.update_service,
    }
    # Its own refuses metric math.
    registry["AWS::CloudWatch::Alarm"] = _RECORDED
    ecs_handlers.close_holes()
    cloud_map_handlers.close_holes()


def main() -> None:
    """Serve until SIGTERM."""
    existing = Existing(**json.loads(sys.argv.pop(1)))
    register()
    make(existing)
    application.main()


if __name__ == "__main__":
    main()
