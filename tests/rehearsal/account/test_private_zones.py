"""Weighted records in a private zone: what Route 53 accepts, and what clients are answered."""

import json
from collections import Counter
from typing import Any

import pytest

from ecs_envoy.configuration.server import CutOver
from rehearsal.account.hand_over import IDENTIFIER, hand_over, step_back
from rehearsal.account.name_server import Registry
from rehearsal.account.private_zones import CnameRecord, MovedNames, PrivateZones
from tests.emulator import PRIVATE_NAME, PRIVATE_TARGET, PRIVATE_ZONE, Emulator, client
from tests.waiting import until

NAME, OLD, NEW = PRIVATE_NAME, PRIVATE_TARGET, "grpc.test.local"
MOVE = CutOver.model_validate({"name": NAME, "zone": PRIVATE_ZONE, "from": OLD})


def record(target: str, weight: int, identifier: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Route53::RecordSet",
        "Properties": {
            "HostedZoneId": PRIVATE_ZONE,
            "Name": NAME,
            "Type": "CNAME",
            "TTL": "5",
            "ResourceRecords": [target],
            "SetIdentifier": identifier,
            "Weight": weight,
        },
    }


def deployed(emulator: Emulator, name: str) -> str:
    """Deploy our two records; return the stack's status."""
    cloudformation = client(emulator, "cloudformation")
    template = {"Resources": {"Old": record(OLD, 90, "old"), "New": record(NEW, 10, "new")}}
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))

    def status() -> str:
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]

    until(lambda: not status().endswith("IN_PROGRESS"))
    return status()


def test_a_simple_record_is_in_the_way_until_its_owner_makes_it_a_weighted_one(emulator: Emulator) -> None:
    zones = PrivateZones(emulator.aws, {NAME: PRIVATE_ZONE})
    assert zones.records(NAME) == (CnameRecord(target=OLD, weight=None, ttl=60),)
    assert deployed(emulator, "refused") != "CREATE_COMPLETE"
    hand_over(emulator.aws, [MOVE])
    assert deployed(emulator, "accepted") == "CREATE_COMPLETE"
    assert sorted((r.target, r.weight) for r in zones.records(NAME)) == [(NEW, 10), (OLD, 90), (OLD, 255)]
    step_back(emulator.aws, [MOVE])
    assert sorted((r.target, r.weight) for r in zones.records(NAME)) == [(NEW, 10), (OLD, 0), (OLD, 90)]
    client(emulator, "cloudformation").delete_stack(StackName="accepted")
    # The owner's record is left, and answers whatever its weight is.
    until(lambda: len(zones.records(NAME)) == 1)
    listed = client(emulator, "route53").list_resource_record_sets(HostedZoneId=PRIVATE_ZONE)
    (left,) = (r for r in listed["ResourceRecordSets"] if r["Type"] == "CNAME")
    assert (left["SetIdentifier"], left["Weight"]) == (IDENTIFIER, 0)


def test_fails_beside_a_weighted_record_with_another_ttl(emulator: Emulator) -> None:
    hand_over(emulator.aws, [MOVE])
    route53 = client(emulator, "route53")
    listed = route53.list_resource_record_sets(HostedZoneId=PRIVATE_ZONE)["ResourceRecordSets"]
    (own,) = (r for r in listed if r["Type"] == "CNAME")
    change = {"Action": "UPSERT", "ResourceRecordSet": {**own, "TTL": 60}}
    route53.change_resource_record_sets(HostedZoneId=PRIVATE_ZONE, ChangeBatch={"Changes": [change]})
    assert deployed(emulator, "refused") != "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("old", "new", "possible"),
    [
        pytest.param(100, 0, {"127.0.0.9"}, id="all to the load balancer"),
        pytest.param(0, 100, {"127.0.0.1"}, id="all to the proxy"),
        pytest.param(50, 50, {"127.0.0.9", "127.0.0.1"}, id="half"),
        pytest.param(0, 0, {"127.0.0.9", "127.0.0.1"}, id="each is as likely if all weights are 0"),
    ],
)
def test_each_answer_is_chosen_by_the_weights(old: int, new: int, possible: set[str]) -> None:
    records = (CnameRecord(target=OLD, weight=old, ttl=5), CnameRecord(target=NEW, weight=new, ttl=5))
    lookup = MovedNames(
        lambda name: records if name == NAME else (),
        {OLD: "127.0.0.9"},
        {NEW: Registry(["127.0.0.1"], 5), "other.test.local": Registry(["127.0.0.2"], 5)}.get,
    )
    answers = Counter(found.addresses[0] for _ in range(400) if (found := lookup(NAME)))
    assert answers.keys() == possible
    assert sum(answers.values()) == 400
    assert lookup("other.test.local") == Registry(["127.0.0.2"], 5)
    assert lookup("no.test.local") is None
