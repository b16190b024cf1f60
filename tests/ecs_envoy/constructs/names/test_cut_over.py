"""The records that move clients from a load balancer to a proxy."""

from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_route53 as route53
from aws_cdk.assertions import Template

from ecs_envoy import ArgumentError, CutOver, Network
from tests.ecs_envoy.constructs.factories import grpc_service, proxy_with

NAME, LOAD_BALANCER = "lessons-internal.example.com", "internal-lessons-1.eu-west-1.elb.amazonaws.com"


def cut_over(stack: Stack, network: Network, **options: Any) -> CutOver:  # noqa: ANN401
    given: dict[str, Any] = {"name": NAME, "load_balancer": LOAD_BALANCER, **options}
    return CutOver(
        stack,
        "CutOver",
        proxy=proxy_with(
            stack, network, grpc_service(stack, network, hosts=["Lessons-Internal.example.com"])
        ),
        zone=route53.HostedZone.from_hosted_zone_attributes(
            stack, "Zone", hosted_zone_id="Z0123456789ABCDEFGHIJ", zone_name="example.com"
        ),
        **given,
    )


@pytest.mark.parametrize(
    ("percent", "by_load_balancer", "by_proxy"),
    [
        pytest.param(0, 100, 0, id="before"),
        pytest.param(10, 90, 10, id="some"),
        pytest.param(100, 0, 100, id="all"),
    ],
)
def test_two_weighted_records_share_the_look_ups(
    percent: int, by_load_balancer: int, by_proxy: int, stack: Stack, network: Network
) -> None:
    cut_over(stack, network, percent=percent)
    records = Template.from_stack(stack).find_resources("AWS::Route53::RecordSet").values()
    assert sorted((r["Properties"]["ResourceRecords"], r["Properties"]["Weight"]) for r in records) == [
        (["grpc.test.local"], by_proxy),
        ([LOAD_BALANCER], by_load_balancer),
    ]
    assert {r["Properties"]["Name"] for r in records} == {NAME}
    assert {r["Properties"]["Type"] for r in records} == {"CNAME"}
    assert {r["Properties"]["HostedZoneId"] for r in records} == {"Z0123456789ABCDEFGHIJ"}
    assert len({r["Properties"]["SetIdentifier"] for r in records}) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(
            {"percent": 101},
            "CutOver: percent: 101 is not a percentage of the look-ups; give a number from 0 to 100",
            id="more than all",
        ),
        pytest.param(
            {"name": "grpc.test.local"},
            "CutOver: name: is in the namespace test.local, whose records Cloud Map makes; "
            "give the name in a zone of yours that clients dial",
            id="the proxy's name",
        ),
        pytest.param(
            {"load_balancer": "GRPC.test.local"},
            "CutOver: load_balancer: is in the namespace test.local; "
            "give the DNS name that AWS gave to the load balancer",
            id="the proxy as the load balancer",
        ),
        pytest.param(
            {"load_balancer": NAME},
            "CutOver: load_balancer: is the name itself; "
            "give the DNS name that AWS gave to the load balancer",
            id="a circle",
        ),
        pytest.param(
            {"name": "internal-lessons-2.eu-west-1.elb.amazonaws.com"},
            "CutOver: name: is a name of AWS, in whose zone you cannot make records; "
            "give the clients a name of your own first",
            id="a name of AWS",
        ),
        pytest.param(
            {"name": "other.example.com"},
            "CutOver: name: is the host of none of the proxy's services; add it to the hosts of one of them",
            id="nobody's host",
        ),
        pytest.param(
            {"name": "lessons.example.org"},
            "CutOver: name: is not below example.com, the zone's name; give a name in the zone",
            id="another zone",
        ),
    ],
)
def test_fails_with_the_argument_and_its_cure(
    options: dict[str, Any], message: str, stack: Stack, network: Network
) -> None:
    with pytest.raises(ArgumentError) as error:
        cut_over(stack, network, **options)
    assert str(error.value) == message
