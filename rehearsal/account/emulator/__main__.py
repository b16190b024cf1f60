"""`python -m rehearsal.account.emulator EXISTING`: the emulator.

It listens on the address and port in the environment variables BIND_HOST and GATEWAY_PORT.
"""

import sys

from rehearsal.account.emulator import (
    cloud_map_handlers,
    ec2_handlers,
    ecs_handlers,
    event_handlers,
    export_handlers,
    recorded,
    route53_handlers,
    scaling_handlers,
    throttling,
)
from rehearsal.account.emulator.existing import create_existing
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
        "update": ec2_handlers.restrict_another_default_group,
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
    """Put our handlers into MiniStack's registry, and correct some of MiniStack's own.

    Raises:
        RuntimeError: MiniStack already has a handler for a resource type of `HANDLERS`.

    """
    registry: dict[str, Properties] = provisioners._RESOURCE_HANDLERS
    if duplicates := sorted(HANDLERS.keys() & registry.keys()):
        raise RuntimeError(f"MiniStack handles {', '.join(duplicates)} itself; delete our handler")
    registry.update(HANDLERS)
    registry["AWS::ECS::Service"] |= {
        "create": ecs_handlers.create_service,
        "update": ecs_handlers.update_service,
    }
    registry["AWS::Route53::RecordSet"] |= {"create": route53_handlers.create_record_set}
    # MiniStack's own handler refuses alarms on metric math.
    registry["AWS::CloudWatch::Alarm"] = _RECORDED
    ecs_handlers.patch_ministack()
    cloud_map_handlers.patch_ministack()
    event_handlers.patch_ministack()
    export_handlers.patch_ministack()
    throttling.patch_ministack()


def main() -> None:
    """Serve until SIGTERM."""
    existing = Existing.from_json(sys.argv.pop(1))
    register()
    create_existing(existing)
    application.main()


if __name__ == "__main__":
    main()
