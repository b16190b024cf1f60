"""Names in private hosted zones of Route 53: their weighted records, and the answers that they give."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.account.aws import Aws
from rehearsal.account.name_server import Lookup, Registry

PROPAGATION_SECONDS = 5.0
"""
How late a change of these records is seen, at most. On AWS it is 60 s ("Editing records" in the Developer
Guide), which only makes a move last longer: both ways stand all the time.
"""


@dataclass(frozen=True, kw_only=True)
class CnameRecord:
    """A CNAME record; `weight` is None for a simple one."""

    target: str
    weight: int | None
    ttl: int


class PrivateZones:
    """Reads the records of private hosted zones from the API.

    Args:
        aws: The account to ask.
        zones: The id of the zone of each name.

    """

    def __init__(self, aws: Aws, zones: Mapping[str, str]) -> None:
        self._route53 = aws.route53()
        self._zones = {name.lower(): zone for name, zone in zones.items()}
        self._last: dict[str, tuple[CnameRecord, ...]] = {}

    def records(self, name: str) -> tuple[CnameRecord, ...]:
        """Return the records of `name`; if the API fails, those of the last time: DNS serves on."""
        zone = self._zones.get(name)
        if zone is None:
            return ()
        try:
            answer = self._route53.list_resource_record_sets(HostedZoneId=zone)
        except (ClientError, BotoCoreError):
            return self._last.get(name, ())
        self._last[name] = tuple(
            CnameRecord(
                target=value["Value"].rstrip("."), weight=record.get("Weight"), ttl=record.get("TTL", 0)
            )
            for record in answer["ResourceRecordSets"]
            for value in record.get("ResourceRecords", ())
            if record["Type"] == "CNAME" and record["Name"].rstrip(".").lower() == name
        )
        return self._last[name]


class MovedNames:
    """Looks names up by their weighted records; each answer is chosen anew.

    Clients stand on hosts of their own, each with a resolver, so no answer is kept for all of them.

    Args:
        records: Returns the records of a name, as they are seen.
        load_balancers: The address of each load balancer, by its DNS name.
        others: Looks up every other name.

    """

    def __init__(
        self,
        records: Callable[[str], tuple[CnameRecord, ...]],
        load_balancers: Mapping[str, str],
        others: Lookup,
    ) -> None:
        self._records = records
        self._load_balancers = load_balancers
        self._others = others

    def __call__(self, name: str) -> Registry | None:
        """Return the records of `name`."""
        records = self._records(name)
        if not records:
            return self._others(name)
        # If all weights are 0, each is as likely ("Values specific for weighted records").
        weights = [record.weight or 0 for record in records]
        (chosen,) = random.choices(records, weights if any(weights) else None)
        if address := self._load_balancers.get(chosen.target.lower()):
            return Registry([address], chosen.ttl)
        return self._others(chosen.target.lower())
