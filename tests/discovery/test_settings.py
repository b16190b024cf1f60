"""The sidecar's settings, where the services are packed because they are many."""

import json
from datetime import timedelta

import pytest

from discovery.settings import Service, SettingsError, parse
from ecs_envoy.plan.discovery_settings import FollowedService, discovery_settings


@pytest.mark.parametrize(("stream", "kind"), [(False, list), (True, str)])
def test_the_sidecar_reads_what_the_plan_writes(stream: bool, kind: type[object]) -> None:
    lessons = FollowedService(
        name="lessons", cloud_map_service="lessons", port=50051, zone_aware=True, cloud_map_health=False
    )
    text = discovery_settings(
        namespace="ns-1", proxy="grpc", services=[lessons], interval=timedelta(seconds=2), stream=stream
    )
    assert isinstance(json.loads(text)["services"], kind)
    found = parse(text)
    assert found.services == (Service(name="lessons", cloud_map_service="lessons", port=50051),)
    assert (found.interval, found.xds) == (2.0, "127.0.0.1:9904" if stream else "")


def test_fails_on_services_that_cannot_be_unpacked() -> None:
    with pytest.raises(SettingsError, match=r"services: a text that cannot be unpacked: .*; give a list"):
        parse('{"namespace":"ns-1","proxy":"grpc","services":"bm8gZ3ppcA=="}')
