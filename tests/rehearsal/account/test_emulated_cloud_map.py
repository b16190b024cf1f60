"""Discovery in the emulator, which answers as Cloud Map does and MiniStack does not."""

from collections.abc import Generator
from typing import Any

import pytest

from tests.emulator import Emulator


class Discovered:
    """The service `other`, by Cloud Map's API."""

    def __init__(self, emulator: Emulator) -> None:
        self._api = emulator.aws.cloud_map()
        services = {s.get("Name"): s.get("Id", "") for s in self._api.list_services()["Services"]}
        self._id = services["other"]
        self._named = {"NamespaceName": "test.local", "ServiceName": "other"}

    def register(self, instance: str, health: str = "HEALTHY") -> None:
        attributes = {"AWS_INSTANCE_IPV4": "10.0.0.1", "AWS_INIT_HEALTH_STATUS": health}
        self._api.register_instance(ServiceId=self._id, InstanceId=instance, Attributes=attributes)

    def becomes_healthy(self, instance: str) -> None:
        self._api.update_instance_custom_health_status(
            ServiceId=self._id, InstanceId=instance, Status="HEALTHY"
        )

    def listed(self, health: Any, **options: int) -> list[str]:  # noqa: ANN401
        asked: Any = {**self._named, "HealthStatus": health, **options}
        return sorted(instance.get("InstanceId", "") for instance in self._answer(asked)["Instances"])

    def revision(self) -> int:
        asked: Any = self._named
        revision = self._api.discover_instances_revision(**asked)["InstancesRevision"]
        assert self._answer(asked)["InstancesRevision"] == revision
        return revision

    def _answer(self, asked: Any) -> Any:  # noqa: ANN401
        return self._api.discover_instances(**asked)

    def clear(self) -> None:
        for instance in self._api.list_instances(ServiceId=self._id, MaxResults=100)["Instances"]:
            self._api.deregister_instance(ServiceId=self._id, InstanceId=instance.get("Id", ""))


@pytest.fixture
def other(emulator: Emulator) -> Generator[Discovered]:
    service = Discovered(emulator)
    yield service
    while service.listed("ALL"):
        service.clear()


def test_discovery_answers_the_healthy_ones_or_else_all(other: Discovered) -> None:
    other.register("sick", "UNHEALTHY")
    assert other.listed("HEALTHY_OR_ELSE_ALL") == ["sick"]
    assert other.listed("HEALTHY") == []
    other.register("well")
    assert other.listed("HEALTHY_OR_ELSE_ALL") == ["well"]
    assert other.listed("UNHEALTHY") == ["sick"]
    assert other.listed("ALL") == ["sick", "well"]


def test_discovery_answers_a_hundred_unless_it_is_asked_for_more(other: Discovered) -> None:
    for number in range(101):
        other.register(f"i{number}")
    assert len(other.listed("ALL")) == 100
    assert len(other.listed("ALL", MaxResults=1000)) == 101


def test_health_changes_no_revision_and_a_registration_does(other: Discovered) -> None:
    other.register("sick", "UNHEALTHY")
    before = other.revision()
    other.becomes_healthy("sick")
    assert other.revision() == before
    other.register("well")
    assert other.revision() > before
