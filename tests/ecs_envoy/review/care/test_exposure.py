"""What is exposed: each rule raised, and not raised."""

from typing import Any

import pytest

from ecs_envoy.review.care.finding import care
from ecs_envoy.review.comparison import Comparison
from tests.ecs_envoy.review.deployed import container, service
from tests.ecs_envoy.review.templates import Stacks, comparisons, resource

pytestmark = pytest.mark.process

VARIABLE = {"Name": "DATABASE_URL"}


def app(*parts: dict[str, dict[str, Any]], **more: dict[str, Any]) -> Stacks:
    return {"app": {**{name: found for part in parts for name, found in part.items()}, **more}}


def one(kind: str, **properties: object) -> Stacks:
    return app(It=resource(kind, **properties))


def balancer(scheme: str, protected: str = "false") -> Stacks:
    attribute = {"Key": "deletion_protection.enabled", "Value": protected}
    return one(
        "ElasticLoadBalancingV2::LoadBalancer", Scheme=scheme, LoadBalancerAttributes=[attribute], Name="api"
    )


def listener(protocol: str, certificate: str = "", action: str = "forward") -> Stacks:
    certificates = {"Certificates": [{"CertificateArn": certificate}]} if certificate else {}
    actions = [{"Type": action}]
    return one(
        "ElasticLoadBalancingV2::Listener",
        Port=443,
        Protocol=protocol,
        DefaultActions=actions,
        **certificates,
    )


def alarm(name: str = "errors", threshold: float = 5, **properties: object) -> dict[str, Any]:
    values: dict[str, object] = {
        "AlarmName": name,
        "Namespace": "grpc",
        "MetricName": "errors",
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 3,
        "AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:alarms"],
        "Threshold": threshold,
    }
    return resource("CloudWatch::Alarm", **{**values, **properties})


def alarms(**properties: object) -> Stacks:
    return app(Alarm=alarm(**properties))  # pyright: ignore[reportArgumentType]


CASES: dict[str, tuple[Stacks | None, Stacks | None, list[str]]] = {
    "public addresses": (
        app(service()),
        app(service(public=True)),
        [
            ("tasks of `lessons` have public addresses: only the security group keeps the internet out"),
        ],
    ),
    "public addresses as before": (app(service(public=True)), app(service(public=True, tasks=3)), []),
    "no public addresses any more": (app(service(public=True)), app(service()), []),
    "a public load balancer": (
        balancer("internal"),
        balancer("internet-facing"),
        [
            "the load balancer has a public address: the internet can reach it",
        ],
    ),
    "an internal load balancer": (balancer("internet-facing"), balancer("internal"), []),
    "no TLS": (
        listener("HTTPS", "arn:1"),
        listener("HTTP"),
        [
            ("the load balancer takes calls on port 443 without TLS: whoever is on the way reads them"),
        ],
    ),
    "TLS": (listener("HTTP"), listener("HTTPS", "arn:1"), []),
    "a redirect to TLS": (app(), listener("HTTP", action="redirect"), []),
    "another certificate": (
        listener("HTTPS", "arn:1"),
        listener("HTTPS", "arn:2"),
        [
            (
                "the load balancer shows the certificate `arn:2` instead of `arn:1`: clients get a "
                "TLS error unless it is issued, and valid for the name that they call"
            ),
        ],
    ),
    "no key": (
        one("SQS::Queue", KmsMasterKeyId="alias/a"),
        one("SQS::Queue"),
        [
            (
                "`AWS::SQS::Queue` loses its encryption setting `KmsMasterKeyId` (was `alias/a`): "
                "what it stores from now on is not encrypted with that key"
            ),
        ],
    ),
    "a key": (one("SQS::Queue"), one("SQS::Queue", KmsMasterKeyId="alias/a"), []),
    "a bucket that may be public": (
        one("S3::Bucket", PublicAccessBlockConfiguration={"BlockPublicAcls": True}),
        one("S3::Bucket", PublicAccessBlockConfiguration={"BlockPublicAcls": False}),
        [
            "the bucket no longer blocks public access to its objects",
        ],
    ),
    "a bucket that may be public no more": (
        one("S3::Bucket"),
        one("S3::Bucket", PublicAccessBlockConfiguration={"BlockPublicAcls": True}),
        [],
    ),
    "a public database": (
        one("RDS::DBInstance", PubliclyAccessible=False),
        one("RDS::DBInstance", PubliclyAccessible=True),
        [
            "the database has a public address",
        ],
    ),
    "a secret as text": (
        app(service(containers=[container(Secrets=[{**VARIABLE, "ValueFrom": "arn:x"}])])),
        app(service(containers=[container(Environment=[{**VARIABLE, "Value": "postgres://"}])])),
        [
            "`DATABASE_URL` of `lessons` was a secret, and now stands in the template as text",
        ],
    ),
    "text as a secret": (
        app(service(containers=[container(Environment=[{**VARIABLE, "Value": "postgres://"}])])),
        app(service(containers=[container(Secrets=[{**VARIABLE, "ValueFrom": "arn:x"}])])),
        [],
    ),
    "a new environment": (None, app(service()), []),
    "a new public environment": (
        None,
        app(service(public=True)),
        [
            ("tasks of `lessons` have public addresses: only the security group keeps the internet out"),
        ],
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    cases = {name: (base, head) for name, (base, head, _) in CASES.items()}
    return comparisons(tmp_path_factory.mktemp("cases"), cases)


@pytest.mark.parametrize("case", CASES)
def test_what_is_exposed_is_said_and_nothing_else(case: str, found: dict[str, Comparison]) -> None:
    told = [item.text for item in care(found[case]) if item.kind.value == "exposure"]
    assert told == CASES[case][2]
