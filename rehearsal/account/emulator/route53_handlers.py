"""Route 53: private zones that exist, and the refusal of records that cannot stand side by side."""

from collections.abc import Sequence
from typing import Any

from rehearsal.account.emulator.ministack_internals import Created, Properties, provisioners, route53

_TTL = "60"

_create_record_set: Any = provisioners._r53_record_set_create


def create_private_zone(zone: str, vpc: str | None, records: Sequence[tuple[str, str]]) -> None:
    """Create a private hosted zone with the id `zone`, and a simple CNAME record for each of `records`."""
    name = records[0][0].partition(".")[2]
    route53._zones[zone] = {
        "id": zone,
        "name": f"{name}.",
        "caller_reference": zone,
        "comment": "",
        "private": True,
        "vpcs": [{"VPCId": vpc, "VPCRegion": "eu-west-1"}] if vpc else [],
    }
    route53._records[zone] = [
        {"Name": f"{record}.", "Type": "CNAME", "TTL": _TTL, "ResourceRecords": [target]}
        for record, target in records
    ]


def create_record_set(logical_id: str, properties: Properties, stack: str) -> Created:
    """Create a record, unless a record of the name is in its way.

    All records of a name and type have the same routing policy, and a CNAME record is the only type of its
    name ("Supported DNS record types", "Choosing between alias and non-alias records"). The API refuses a
    weighted record whose TTL is not that of its group (aws/aws-sdk-go-v2#518, hashicorp/terraform#5312).
    """
    zone = provisioners._r53_resolve_hosted_zone_id(properties)
    new = provisioners._r53_record_set_build_rs(properties)
    for record in route53._records.get(zone, []):
        if record["Name"] != new["Name"]:
            continue
        if record["Type"] != new["Type"] and "CNAME" in {record["Type"], new["Type"]}:
            raise ValueError(_conflict(new, f"a record of the type {record['Type']}"))
        if ("SetIdentifier" in record) != ("SetIdentifier" in new):
            raise ValueError(_conflict(new, "a record with another routing policy"))
        if "SetIdentifier" in new and str(record.get("TTL")) != str(new["TTL"]):
            raise ValueError(_conflict(new, f"a record of its group with the TTL {record.get('TTL')}"))
    created: Created = _create_record_set(logical_id, properties, stack)
    return created


def _conflict(record: Properties, other: str) -> str:
    return (
        f"InvalidChangeBatch: RRSet of type {record['Type']} with DNS name {record['Name']} is not permitted "
        f"as it conflicts with {other} in the zone"
    )
