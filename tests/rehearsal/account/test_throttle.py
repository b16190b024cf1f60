"""The emulator refuses calls, as AWS does when an account is over its limits."""

import pytest
from botocore.exceptions import ClientError

from rehearsal.account.throttle import throttle
from tests.emulator import Emulator, client


def test_calls_to_cloud_map_and_ecs_are_refused_until_it_ends(emulator: Emulator) -> None:
    throttle(emulator.aws, 1.0)
    try:
        for call in (emulator.aws.cloud_map().list_services, emulator.aws.ecs().list_clusters):
            with pytest.raises(ClientError, match="ThrottlingException"):
                call()
        client(emulator, "ec2").describe_vpcs()  # another service has limits of its own
    finally:
        throttle(emulator.aws, 0.0)
    assert emulator.aws.cloud_map().list_services()["Services"]


def test_ecs_still_registers_its_tasks(emulator: Emulator) -> None:
    cloud_map = emulator.aws.cloud_map()
    service = next(s.get("Id", "") for s in cloud_map.list_services()["Services"])
    throttle(emulator.aws, 1.0)
    try:
        attributes = {"AWS_INSTANCE_IPV4": "10.0.0.1"}
        cloud_map.register_instance(ServiceId=service, InstanceId="a", Attributes=attributes)
    finally:
        throttle(emulator.aws, 0.0)
    assert [i.get("Id") for i in cloud_map.list_instances(ServiceId=service)["Instances"]] == ["a"]
    cloud_map.deregister_instance(ServiceId=service, InstanceId="a")
