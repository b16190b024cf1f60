"""Who may connect to whom that could not before: each rule raised, and not raised."""

from typing import Any

import pytest

from ecs_envoy.review.care.finding import care
from ecs_envoy.review.comparison import Comparison
from tests.ecs_envoy.review.deployed import get, group, proxy, rule, service
from tests.ecs_envoy.review.templates import Stacks, comparisons, resource

pytestmark = pytest.mark.process

GROUP = "proxyGroup"
CLIENTS = [rule("10.1.0.0/16")]


def with_rules(
    ingress: list[dict[str, Any]], egress: list[dict[str, Any]] | None = None, **more: dict[str, Any]
) -> Stacks:
    """Return a proxy whose security group has these rules."""
    return {"app": {**proxy(), GROUP: group(ingress, egress), **more}}


def conditional(rules: dict[str, Any]) -> Stacks:
    """Return a proxy whose rules are no plain list."""
    found = group()
    found["Properties"]["SecurityGroupIngress"] = rules
    return {"app": {**proxy(), GROUP: found}}


def from_group(source: object, port: int = 50051) -> dict[str, Any]:
    return {"SourceSecurityGroupId": source, "IpProtocol": "tcp", "FromPort": port, "ToPort": port}


PROXY = get(GROUP, "GroupId")


def out(target: str, first: int, last: int | None = None) -> dict[str, Any]:
    """Return the outbound rule of the proxy to the group `target`."""
    return resource(
        "EC2::SecurityGroupEgress",
        GroupId=PROXY,
        DestinationSecurityGroupId=get(target, "GroupId"),
        IpProtocol="tcp",
        FromPort=first,
        ToPort=last or first,
    )


EVERY_PORT = out("Shared", 1, 65535)


def shared(own: dict[str, Any], *more: str) -> dict[str, dict[str, Any]]:
    """Return the service lessons with its `own` group and with `more`, which have no rules."""
    found = service()
    network = found["lessonsService"]["Properties"]["NetworkConfiguration"]["AwsvpcConfiguration"]
    network["SecurityGroups"] += [get(name, "GroupId") for name in more]
    return {**found, "lessonsGroup": own, "Shared": group()}


def database(*groups: str) -> dict[str, dict[str, Any]]:
    listed = [get(name, "GroupId") for name in groups]
    return {"Data": resource("RDS::DBCluster", VpcSecurityGroupIds=listed)}


CASES: dict[str, tuple[Stacks | None, Stacks | None, list[str]]] = {
    "a range is added": (
        with_rules(CLIENTS),
        with_rules([*CLIENTS, rule("10.9.0.0/16")]),
        [
            "widening: `10.9.0.0/16` may now call the proxy `grpc` on port 50051",
        ],
    ),
    "a range is added as a resource": (
        with_rules(CLIENTS),
        with_rules(
            CLIENTS,
            Rule=resource("EC2::SecurityGroupIngress", GroupId=get(GROUP, "GroupId"), **rule("10.9.0.0/16")),
        ),
        [
            "widening: `10.9.0.0/16` may now call the proxy `grpc` on port 50051",
        ],
    ),
    "a rule moves from the group to a resource": (
        with_rules(CLIENTS),
        with_rules(
            [], Rule=resource("EC2::SecurityGroupIngress", GroupId=get(GROUP, "GroupId"), **CLIENTS[0])
        ),
        [],
    ),
    "a range is wider": (
        with_rules(CLIENTS),
        with_rules([rule("10.0.0.0/8")]),
        [
            ("widening: `10.0.0.0/8` may now call the proxy `grpc` on port 50051, instead of `10.1.0.0/16`"),
        ],
    ),
    "a range is narrower": (with_rules(CLIENTS), with_rules([rule("10.1.2.0/24")]), []),
    "more ports": (
        with_rules(CLIENTS),
        with_rules([rule("10.1.0.0/16", 50051, last=50060)]),
        [
            "widening: `10.1.0.0/16` may now call the proxy `grpc` on ports 50051 to 50060",
        ],
    ),
    "fewer ports": (
        with_rules([rule("10.1.0.0/16", 50000, last=50060)]),
        with_rules([rule("10.1.0.0/16", 50051)]),
        [],
    ),
    "every protocol": (
        with_rules(CLIENTS),
        with_rules([rule("10.1.0.0/16", -1, "-1")]),
        [
            "widening: `10.1.0.0/16` may now call the proxy `grpc` on every port and protocol",
        ],
    ),
    "another description": (with_rules(CLIENTS), with_rules([{**CLIENTS[0], "Description": "clients"}]), []),
    "the internet": (
        with_rules(CLIENTS),
        with_rules([rule("0.0.0.0/0")]),
        [
            (
                "exposure: any address (`0.0.0.0/0`) may now call the proxy `grpc` on port 50051, "
                "instead of `10.1.0.0/16`"
            ),
        ],
    ),
    "another group": (
        with_rules(CLIENTS),
        with_rules([*CLIENTS, from_group("sg-0a1")]),
        [
            (
                "widening: whatever has the security group `sg-0a1` may now call the proxy `grpc` on "
                "port 50051"
            ),
        ],
    ),
    "a group that a service has": (
        {"app": {**proxy(), **service("api")}},
        {"app": {**proxy(), **service("api"), GROUP: group([from_group(get("apiGroup", "GroupId"))])}},
        [
            "widening: `api` may now call the proxy `grpc` on port 50051",
        ],
    ),
    "both sides of a connection": (
        {"app": {**proxy(), **service("api")}},
        {
            "app": {
                **proxy(),
                **service("api"),
                GROUP: group([from_group(get("apiGroup", "GroupId"))]),
                "Out": resource(
                    "EC2::SecurityGroupEgress",
                    GroupId=get("apiGroup", "GroupId"),
                    DestinationSecurityGroupId=get(GROUP, "GroupId"),
                    IpProtocol="tcp",
                    FromPort=50051,
                    ToPort=50051,
                ),
            }
        },
        [
            "widening: `api` may now call the proxy `grpc` on port 50051",
        ],
    ),
    "a way out to a group that services share, which their own groups keep to a port": (
        {"app": {**proxy(), **shared(group([from_group(PROXY)])), "Out": out("lessonsGroup", 50051)}},
        {"app": {**proxy(), **shared(group([from_group(PROXY)]), "Shared"), "Out": EVERY_PORT}},
        [],
    ),
    "a way out to a group that services share, and another port that was closed": (
        {"app": {**proxy(), **shared(group([from_group(PROXY, 22)])), "Out": out("lessonsGroup", 50051)}},
        {
            "app": {
                **proxy(),
                **shared(group([from_group(PROXY, 22)]), "Shared"),
                "Out": EVERY_PORT,
            }
        },
        ["widening: the proxy `grpc` may now connect to `lessons` on every port"],
    ),
    "a way out to a group that a database has, too": (
        {
            "app": {
                **proxy(),
                **shared(group([from_group(PROXY)])),
                **database(),
                "Out": out("lessonsGroup", 50051),
            }
        },
        {
            "app": {
                **proxy(),
                **shared(group([from_group(PROXY)]), "Shared"),
                **database("Shared"),
                "Out": EVERY_PORT,
            }
        },
        ["widening: the proxy `grpc` may now connect to `lessons` on every port"],
    ),
    "what tasks may reach": (
        with_rules(CLIENTS, [rule("10.20.0.0/16", 5432)]),
        with_rules(CLIENTS, [rule("0.0.0.0/0", 5432)]),
        [
            (
                "widening: the proxy `grpc` may now connect to any address (`0.0.0.0/0`) on port "
                "5432, instead of `10.20.0.0/16`"
            ),
        ],
    ),
    "what tasks may reach, less": (
        with_rules(CLIENTS, [rule("0.0.0.0/0", 5432)]),
        with_rules(CLIENTS, [rule("10.20.0.0/16", 5432)]),
        [],
    ),
    "a new service's own way out": (
        with_rules(CLIENTS),
        with_rules(CLIENTS, reportsGroup=group([], [rule("0.0.0.0/0", 443)])),
        [],
    ),
    "a range that depends on a condition": (
        with_rules(CLIENTS),
        conditional({"Fn::If": ["Wide", [*CLIENTS, rule("10.9.0.0/16")], CLIENTS]}),
        ["widening: `10.9.0.0/16` may now call the proxy `grpc` on port 50051"],
    ),
    "rules that only the deployment knows": (with_rules(CLIENTS), conditional({"Ref": "Rules"}), []),
    "a new environment": (None, with_rules(CLIENTS), []),
    "a new environment that is open to all": (
        None,
        with_rules([rule("0.0.0.0/0")]),
        [
            "exposure: any address (`0.0.0.0/0`) may now call the proxy `grpc` on port 50051",
        ],
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    cases = {name: (base, head) for name, (base, head, _) in CASES.items()}
    return comparisons(tmp_path_factory.mktemp("cases"), cases)


@pytest.mark.parametrize("case", CASES)
def test_who_gains_access_is_said_and_nothing_else(case: str, found: dict[str, Comparison]) -> None:
    told = [f"{item.kind.value}: {item.text}" for item in care(found[case])]
    assert told == CASES[case][2]
