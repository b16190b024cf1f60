"""Who gains access: each rule raised, and not raised."""

from typing import Any

import pytest

from ecs_envoy.review.care.finding import care
from ecs_envoy.review.comparison import Comparison
from tests.ecs_envoy.review.deployed import document, get, group, policy, proxy, role, rule, service
from tests.ecs_envoy.review.templates import Stacks, comparisons, resource

pytestmark = pytest.mark.process

GROUP = "proxyGroup"
CLIENTS = [rule("10.1.0.0/16")]
READ = ["s3:GetObject"]
BUCKET = "arn:aws:s3:::lessons/*"
ONLY_GRPC = {"StringEquals": {"servicediscovery:ServiceName": ["grpc"]}}
BOTH = {"StringEquals": {"servicediscovery:ServiceName": ["grpc", "lessons"]}}
DISCOVER = ["servicediscovery:DiscoverInstances"]
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:lessons/database-AbC123"


def with_rules(
    ingress: list[dict[str, Any]], egress: list[dict[str, Any]] | None = None, **more: dict[str, Any]
) -> Stacks:
    """Return a proxy whose security group has these rules."""
    return {"app": {**proxy(), GROUP: group(ingress, egress), **more}}


def with_policy(*policies: dict[str, Any], **more: dict[str, Any]) -> Stacks:
    """Return a service whose task role has these policies."""
    named = {f"Policy{number}": found for number, found in enumerate(policies)}
    return {"app": {**service(), **named, **more}}


def tasks_may(
    actions: list[str], resources: object, condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    return policy("lessonsRole", actions, resources, condition)


def from_group(source: object, port: int = 50051) -> dict[str, Any]:
    return {"SourceSecurityGroupId": source, "IpProtocol": "tcp", "FromPort": port, "ToPort": port}


def trusted_by(*principals: dict[str, Any]) -> Stacks:
    role_of = resource(
        "IAM::Role", AssumeRolePolicyDocument=document(*({"Principal": p} for p in principals))
    )
    return {"app": {**service(), "lessonsRole": role_of}}


def managed(*names: str) -> Stacks:
    found = role()
    found["Properties"]["ManagedPolicyArns"] = [f"arn:aws:iam::aws:policy/{name}" for name in names]
    return {"app": {**service(), "lessonsRole": found}}


def bucket(*statements: dict[str, Any]) -> Stacks:
    allowed = resource("S3::BucketPolicy", Bucket={"Ref": "Bucket"}, PolicyDocument=document(*statements))
    return {"app": {"Bucket": resource("S3::Bucket"), "Policy": allowed}}


ECS = {"Service": "ecs-tasks.amazonaws.com"}
PUBLIC = {"Principal": "*", "Action": "s3:GetObject", "Resource": BUCKET}
NO_PLAIN = {**PUBLIC, "Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}

RULES: dict[str, tuple[Stacks | None, Stacks | None, list[str]]] = {
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
    "a new environment": (None, with_rules(CLIENTS), []),
    "a new environment that is open to all": (
        None,
        with_rules([rule("0.0.0.0/0")]),
        [
            "exposure: any address (`0.0.0.0/0`) may now call the proxy `grpc` on port 50051",
        ],
    ),
}

RIGHTS: dict[str, tuple[Stacks | None, Stacks | None, list[str]]] = {
    "an action": (
        with_policy(tasks_may(READ, BUCKET)),
        with_policy(tasks_may([*READ, "s3:PutObject"], BUCKET)),
        [
            ("widening: the tasks of `lessons` may now do `s3:PutObject` on `arn:aws:s3:::lessons/*`"),
        ],
    ),
    "a resource": (
        with_policy(tasks_may(READ, BUCKET)),
        with_policy(tasks_may(READ, [BUCKET, "arn:aws:s3:::x/*"])),
        [
            "widening: the tasks of `lessons` may now do `s3:GetObject` on `arn:aws:s3:::x/*`",
        ],
    ),
    "every resource": (
        with_policy(tasks_may(READ, BUCKET)),
        with_policy(tasks_may(READ, "*")),
        [
            ("widening: the tasks of `lessons` may now do `s3:GetObject` on **every resource** (`*`)"),
        ],
    ),
    "every action": (
        with_policy(tasks_may(READ, BUCKET)),
        with_policy(tasks_may(["s3:*"], BUCKET)),
        [
            (
                "widening: the tasks of `lessons` may now do **every action of `s3`** (`s3:*`) on "
                "`arn:aws:s3:::lessons/*`"
            ),
        ],
    ),
    "less": (with_policy(tasks_may(["s3:*"], "*")), with_policy(tasks_may(READ, BUCKET)), []),
    "the same in another policy": (
        with_policy(tasks_may([*READ, "s3:PutObject"], BUCKET)),
        with_policy(tasks_may(READ, BUCKET), tasks_may(["s3:PutObject"], BUCKET)),
        [],
    ),
    "a condition goes": (
        with_policy(tasks_may(READ, BUCKET, ONLY_GRPC)),
        with_policy(tasks_may(READ, BUCKET)),
        [
            (
                "widening: the tasks of `lessons` may now do `s3:GetObject` on "
                "`arn:aws:s3:::lessons/*` always; before only if `servicediscovery:ServiceName` is "
                "`grpc`"
            ),
        ],
    ),
    "a condition comes": (
        with_policy(tasks_may(READ, BUCKET)),
        with_policy(tasks_may(READ, BUCKET, ONLY_GRPC)),
        [],
    ),
    "a condition is wider": (
        with_policy(tasks_may(DISCOVER, "*", ONLY_GRPC)),
        with_policy(tasks_may(DISCOVER, "*", BOTH)),
        [
            (
                "widening: the tasks of `lessons` may now list tasks of services in Cloud Map "
                "(`servicediscovery:DiscoverInstances`), only if `servicediscovery:ServiceName` is "
                "`grpc` or `lessons`; before only if `servicediscovery:ServiceName` is `grpc`"
            ),
        ],
    ),
    "a condition is narrower": (
        with_policy(tasks_may(DISCOVER, "*", BOTH)),
        with_policy(tasks_may(DISCOVER, "*", ONLY_GRPC)),
        [],
    ),
    "a secret": (
        with_policy(),
        with_policy(policy("lessonsExecutionRole", ["secretsmanager:GetSecretValue"], SECRET)),
        [
            (
                "widening: ECS, when it starts tasks of `lessons`, may now read the secret "
                "`arn:aws:secretsmanager:eu-west-1:111122223333:secret:lessons/database-AbC123` "
                "(`secretsmanager:GetSecretValue`)"
            ),
        ],
    ),
    "a principal": (
        trusted_by(ECS),
        trusted_by(ECS, {"AWS": "arn:aws:iam::444455556666:root"}),
        [
            (
                "widening: whom the account `444455556666` chooses may now do whatever the tasks of "
                "`lessons` may do (`sts:AssumeRole`)"
            ),
        ],
    ),
    "a managed policy": (
        managed("ReadOnlyAccess"),
        managed("ReadOnlyAccess", "AdministratorAccess"),
        [
            (
                "widening: the tasks of `lessons` may now do all that the managed policy "
                "`AdministratorAccess` allows"
            ),
        ],
    ),
    "a managed policy goes": (
        managed("ReadOnlyAccess", "AdministratorAccess"),
        managed("ReadOnlyAccess"),
        [],
    ),
    "anyone": (
        bucket(NO_PLAIN),
        bucket(NO_PLAIN, PUBLIC),
        [
            "exposure: **anyone** (`*`) may now do `s3:GetObject` on `arn:aws:s3:::lessons/*`",
        ],
    ),
    "a denial goes": (
        bucket(NO_PLAIN),
        bucket(),
        [
            (
                "widening: `s3:GetObject` on `arn:aws:s3:::lessons/*` is no longer denied to "
                "**anyone** (`*`) if `aws:SecureTransport` is `false`"
            ),
        ],
    ),
    "a denial comes": (bucket(), bucket(NO_PLAIN), []),
    "a new service's own rights": (
        {"app": service()},
        {
            "app": {
                **service(),
                **service("reports"),
                "P": policy("reportsRole", ["logs:PutLogEvents"], "arn:x"),
            }
        },
        [],
    ),
    "a new service that reads a bucket": (
        {"app": service()},
        {"app": {**service(), **service("reports"), "P": policy("reportsRole", READ, BUCKET)}},
        [
            ("widening: the tasks of `reports` may now do `s3:GetObject` on `arn:aws:s3:::lessons/*`"),
        ],
    ),
    "a new environment": (None, with_policy(tasks_may(READ, BUCKET)), []),
    "a new environment with wildcards": (
        None,
        with_policy(tasks_may(["s3:*"], "*")),
        [
            (
                "widening: the tasks of `lessons` may now do **every action of `s3`** (`s3:*`) on "
                "**every resource** (`*`)"
            ),
        ],
    ),
}

CASES = {
    **{f"rules: {name}": case for name, case in RULES.items()},
    **{f"rights: {name}": case for name, case in RIGHTS.items()},
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    cases = {name.replace(": ", "-"): (base, head) for name, (base, head, _) in CASES.items()}
    return comparisons(tmp_path_factory.mktemp("cases"), cases)


@pytest.mark.parametrize("case", CASES)
def test_who_gains_access_is_said_and_nothing_else(case: str, found: dict[str, Comparison]) -> None:
    told = [f"{item.kind.value}: {item.text}" for item in care(found[case.replace(": ", "-")])]
    assert told == CASES[case][2]
