"""Who may do what in AWS that could not before: each rule raised, and not raised."""

from typing import Any

import pytest

from ecs_envoy.review.care.finding import care
from ecs_envoy.review.comparison import Comparison
from tests.ecs_envoy.review.deployed import document, policy, role, service
from tests.ecs_envoy.review.templates import Stacks, comparisons, resource

pytestmark = pytest.mark.process

READ = ["s3:GetObject"]
BUCKET = "arn:aws:s3:::lessons/*"
ONLY_GRPC = {"StringEquals": {"servicediscovery:ServiceName": ["grpc"]}}
BOTH = {"StringEquals": {"servicediscovery:ServiceName": ["grpc", "lessons"]}}
DISCOVER = ["servicediscovery:DiscoverInstances"]
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:lessons/database-AbC123"


def with_policy(*policies: dict[str, Any], **more: dict[str, Any]) -> Stacks:
    """Return a service whose task role has these policies."""
    named = {f"Policy{number}": found for number, found in enumerate(policies)}
    return {"app": {**service(), **named, **more}}


def tasks_may(
    actions: list[str], resources: object, condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    return policy("lessonsRole", actions, resources, condition)


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

CASES: dict[str, tuple[Stacks | None, Stacks | None, list[str]]] = {
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
                "widening: ECS for the tasks of `lessons` may now read the secret "
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


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    cases = {name: (base, head) for name, (base, head, _) in CASES.items()}
    return comparisons(tmp_path_factory.mktemp("cases"), cases)


@pytest.mark.parametrize("case", CASES)
def test_who_gains_rights_is_said_and_nothing_else(case: str, found: dict[str, Comparison]) -> None:
    told = [f"{item.kind.value}: {item.text}" for item in care(found[case])]
    assert told == CASES[case][2]
