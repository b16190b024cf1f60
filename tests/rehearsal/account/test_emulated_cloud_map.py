"""Discovery in the emulator, which answers as Cloud Map does and MiniStack does not."""

import time
from collections.abc import Generator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.account.cloud_map_zone import CloudMapZone
from tests.emulator import HEALTH_LAG, Emulator
from tests.waiting import until


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
        self.becomes(instance, "HEALTHY")

    def becomes(self, instance: str, status: Any) -> None:  # noqa: ANN401
        self._api.update_instance_custom_health_status(ServiceId=self._id, InstanceId=instance, Status=status)

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


def test_a_change_of_health_shows_after_the_lag(other: Discovered) -> None:
    other.register("sick", "UNHEALTHY")
    begun = time.monotonic()
    other.becomes_healthy("sick")
    until(lambda: other.listed("HEALTHY") == ["sick"])
    assert time.monotonic() - begun >= HEALTH_LAG


def test_a_change_of_health_that_is_taken_back_in_time_does_not_show(other: Discovered) -> None:
    other.register("well")
    other.becomes("well", "UNHEALTHY")
    other.becomes("well", "HEALTHY")
    time.sleep(HEALTH_LAG)  # nothing to wait for: it must not happen
    assert other.listed("UNHEALTHY") == []


def test_a_service_without_a_custom_health_check_lists_every_instance(emulator: Emulator) -> None:
    api = emulator.aws.cloud_map()
    service = api.create_service(Name="plain", NamespaceId="ns-0123456789abcdef")["Service"].get("Id", "")
    attributes = {"AWS_INSTANCE_IPV4": "10.0.0.1"}
    api.register_instance(ServiceId=service, InstanceId="i", Attributes=attributes)
    with pytest.raises(ClientError, match="CustomHealthNotFound"):
        api.update_instance_custom_health_status(ServiceId=service, InstanceId="i", Status="UNHEALTHY")
    asked: Any = {"NamespaceName": "test.local", "ServiceName": "plain"}
    (found,) = api.discover_instances(**asked, HealthStatus="HEALTHY")["Instances"]
    assert found.get("HealthStatus") == "UNKNOWN"


def test_a_second_service_of_a_name_is_refused(emulator: Emulator) -> None:
    # So CloudFormation cannot replace a service: it makes the new one before it removes the old one.
    api = emulator.aws.cloud_map()
    with pytest.raises(ClientError, match="ServiceAlreadyExists"):
        api.create_service(Name="other", NamespaceId="ns-0123456789abcdef")


def test_a_second_namespace_of_a_name_has_another_http_name_and_is_found_only_by_it(
    emulator: Emulator,
) -> None:
    api = emulator.aws.cloud_map()
    api.create_private_dns_namespace(Name="twice.local", Vpc="vpc-1")
    api.create_private_dns_namespace(Name="twice.local", Vpc="vpc-2")
    ids = [n.get("Id", "") for n in api.list_namespaces()["Namespaces"] if n.get("Name") == "twice.local"]
    names = [
        api.get_namespace(Id=i)["Namespace"]["Properties"]["HttpProperties"]["HttpName"]  # pyright: ignore
        for i in ids
    ]
    first, second = sorted(names, key=len)
    assert first == "twice.local"
    assert second.startswith("twice.local-")
    for number, identity in enumerate(ids):
        service = api.create_service(Name="lessons", NamespaceId=identity)["Service"].get("Id", "")
        attributes = {"AWS_INSTANCE_IPV4": f"10.0.0.{number}"}
        api.register_instance(ServiceId=service, InstanceId="i", Attributes=attributes)
        (found,) = api.discover_instances(NamespaceName=names[number], ServiceName="lessons")["Instances"]
        assert found.get("Attributes") == attributes


@pytest.mark.parametrize("name", ["alias", "lessons.other"])
def test_an_alias_leads_to_the_addresses_of_its_target(
    name: str, emulator: Emulator, other: Discovered
) -> None:
    other.register("one")
    api = emulator.aws.cloud_map()
    record: Any = {"DnsRecords": [{"Type": "CNAME", "TTL": 5}], "RoutingPolicy": "WEIGHTED"}
    alias = api.create_service(Name=name, NamespaceId="ns-0123456789abcdef", DnsConfig=record)["Service"]
    target = {"AWS_INSTANCE_CNAME": "other.test.local"}
    api.register_instance(ServiceId=alias.get("Id", ""), InstanceId="target", Attributes=target)
    found = CloudMapZone(emulator.aws, "test.local").lookup(f"{name}.test.local")
    assert found is not None
    assert found.addresses == ["10.0.0.1"]
