"""What the owner of a name does before a cut-over: its simple record becomes a weighted one."""

from collections.abc import Iterable

from ecs_envoy.configuration.server import CutOver
from ecs_envoy.plan.stop.service_stop import DNS_TTL
from rehearsal.account.aws import Aws

IDENTIFIER = "before-ecs-envoy"
TTL = int(DNS_TTL.total_seconds())
"""The TTL of our records; all of a group have the same."""

_ALL, _NONE = 255, 0


def hand_over(aws: Aws, names: Iterable[CutOver]) -> None:
    """Replace the simple record of each of `names` by a weighted one to the same target, in one change."""
    route53 = aws.route53()
    for cut_over in names:
        answer = route53.list_resource_record_sets(HostedZoneId=cut_over.zone)
        (simple,) = (
            record for record in answer["ResourceRecordSets"] if record["Name"] == f"{cut_over.name}."
        )
        route53.change_resource_record_sets(
            HostedZoneId=cut_over.zone,
            ChangeBatch={
                "Changes": [
                    {"Action": "DELETE", "ResourceRecordSet": simple},
                    {
                        "Action": "CREATE",
                        "ResourceRecordSet": {
                            **simple,
                            "TTL": TTL,
                            "SetIdentifier": IDENTIFIER,
                            "Weight": _ALL,
                        },
                    },
                ]
            },
        )


def step_back(aws: Aws, names: Iterable[CutOver]) -> None:
    """Give the owner's record of each of `names` the weight 0, so that the two new records decide."""
    route53 = aws.route53()
    for cut_over in names:
        answer = route53.list_resource_record_sets(HostedZoneId=cut_over.zone)
        (own,) = (
            record
            for record in answer["ResourceRecordSets"]
            if record["Name"] == f"{cut_over.name}." and record.get("SetIdentifier") == IDENTIFIER
        )
        route53.change_resource_record_sets(
            HostedZoneId=cut_over.zone,
            ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {**own, "Weight": _NONE}}]},
        )
