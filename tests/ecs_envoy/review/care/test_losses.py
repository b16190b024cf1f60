"""What is replaced or deleted, and what is lost with it: each rule raised, and not raised."""

import pytest

from ecs_envoy.review.care.finding import care
from ecs_envoy.review.comparison import Comparison
from tests.ecs_envoy.review.deployed import get, group, role, rule, service
from tests.ecs_envoy.review.templates import Stacks, comparisons, resource

pytestmark = pytest.mark.process

LOG = resource("Logs::LogGroup", LogGroupName="calls", RetentionInDays=30)
TABLE = resource("DynamoDB::Table", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
OTHER_TABLE = resource("DynamoDB::Table", KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}])
KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
BALANCER = resource("ElasticLoadBalancingV2::LoadBalancer", Scheme="internal", Subnets=["subnet-1"])


def app(**resources: dict[str, object]) -> Stacks:
    return {"app": resources}


def within(construct: str, definition: dict[str, object]) -> dict[str, object]:
    return {**definition, "Metadata": {"aws:cdk:path": f"app/{construct}/Log/Resource"}}


def namespace(name: str) -> Stacks:
    return app(
        Namespace=resource("ServiceDiscovery::PrivateDnsNamespace", Name=name, Vpc="vpc-1"),
        Name=resource("ServiceDiscovery::Service", Name="lessons", NamespaceId=get("Namespace", "Id")),
    )


CASES: dict[str, tuple[Stacks | None, Stacks | None, list[str]]] = {
    "nothing": (app(Log=LOG), app(Log=LOG), []),
    "a log group goes": (
        app(Log=LOG),
        app(),
        [
            "deletion: the log group `calls` is deleted: its logs are lost",
        ],
    ),
    "a log group that is kept goes": (
        app(Log={**LOG, **KEPT}),
        app(),
        [
            (
                "deletion: `Log` leaves its stack but stays in AWS by the deletion policy: it still "
                "costs, and follows no code any more"
            ),
        ],
    ),
    "a log group is added": (app(), app(Log=LOG), []),
    "a table is replaced": (
        app(T=TABLE),
        app(T=OTHER_TABLE),
        [
            "replacement: the table is replaced, because `KeySchema` changes: its items are lost",
        ],
    ),
    "a table is replaced and kept": (
        app(T={**TABLE, **KEPT}),
        app(T={**OTHER_TABLE, **KEPT}),
        [
            (
                "replacement: the table is replaced, because `KeySchema` changes: the old one stays "
                "in AWS by its policy, nobody manages it, and it still costs"
            ),
        ],
    ),
    "a table with a fixed name is replaced": (
        app(T=resource("DynamoDB::Table", TableName="calls", KeySchema=[])),
        app(T=resource("DynamoDB::Table", TableName="calls", KeySchema=[{"AttributeName": "id"}])),
        [
            (
                "replacement: the table `calls` would have to be replaced, because `KeySchema` "
                "changes, but has a fixed name (`calls`): CloudFormation refuses that, and the "
                "deployment fails; give it another name"
            ),
        ],
    ),
    "a log group moves": (
        app(Old=LOG),
        app(New=LOG),
        [
            (
                "replacement: the log group `calls` moves from `app/Old` to `app/New` in the "
                "templates: AWS makes it anew before it deletes the old one, and the deployment "
                "fails, because the name `calls` is taken"
            ),
        ],
    ),
    "a log group moves from a stack that leaves the app": (
        {"old": {"Log": LOG}, **app()},
        app(Log=LOG),
        [
            (
                "replacement: the log group `calls` stays in the stack `old`, which leaves the app: AWS "
                "refuses a second one that is the same, and the deployment fails; leave services in their "
                "stack"
            ),
            (
                "deletion: the stack `old` leaves the app, and no deployment deletes it: its one resource "
                "stays in AWS and on the bill, and no code describes them any more; `aws cloudformation "
                "delete-stack --stack-name old` deletes the stack"
            ),
        ],
    ),
    "a rule of a security group moves": (
        app(Old=resource("EC2::SecurityGroupIngress", GroupId="sg-1", **rule("10.0.0.0/8"))),
        app(New=resource("EC2::SecurityGroupIngress", GroupId="sg-1", **rule("10.0.0.0/8"))),
        [
            (
                "replacement: the `AWS::EC2::SecurityGroupIngress` moves from `app/Old` to `app/New` "
                "in the templates: AWS makes it anew before it deletes the old one, and the "
                "deployment fails, because AWS refuses a second one that is the same"
            ),
        ],
    ),
    "a policy moves": (
        app(Old=resource("IAM::Policy", PolicyName="x", Roles=["r"], PolicyDocument={})),
        app(New=resource("IAM::Policy", PolicyName="x", Roles=["r"], PolicyDocument={})),
        [],
    ),
    "a namespace is renamed": (
        namespace("prod.local"),
        namespace("learning.local"),
        [
            (
                "replacement: the namespace `prod.local` is replaced, because `Name` changes: every "
                "name in it and every registration of a task is lost, so calls by name fail"
            ),
        ],
    ),
    "a load balancer is replaced": (
        app(Balancer=BALANCER),
        app(Balancer=resource("ElasticLoadBalancingV2::LoadBalancer", Name="api", Scheme="internal")),
        [
            (
                "replacement: the load balancer is replaced, because `Name` changes: its DNS name is "
                "lost, and whoever calls it by that name fails"
            ),
        ],
    ),
    "an ECS service is replaced": (
        app(S=resource("ECS::Service", Cluster="a", TaskDefinition="t:1")),
        app(S=resource("ECS::Service", Cluster="b", TaskDefinition="t:1")),
        [
            (
                "replacement: the ECS service is replaced, because `Cluster` changes: new tasks "
                "start under a new service while the old ones stop, without the care of a roll"
            ),
        ],
    ),
    "a task definition has a new revision": (
        app(T=resource("ECS::TaskDefinition", Cpu="256")),
        app(T=resource("ECS::TaskDefinition", Cpu="512")),
        [],
    ),
    "a service goes with what belongs to it": (
        app(**service("grading"), T=TABLE, Log=within("grading", LOG)),
        app(T=TABLE),
        [
            (
                "deletion: the ECS service `grading` is deleted: its tasks stop, and calls to it "
                "fail; with it goes the log group `calls`: its logs are lost"
            ),
        ],
    ),
    "a role without a name goes": (app(Role=role(), Log=LOG), app(Log=LOG), []),
    "a rule is taken out": (app(G=group([rule("10.0.0.0/8")])), app(G=group()), []),
    "resources of unknown types go": (
        app(A=resource("Glue::Job", Role="r"), B=resource("Glue::Crawler", Role="r")),
        app(),
        [
            (
                "deletion: `A` (`AWS::Glue::Job`) and `B` (`AWS::Glue::Crawler`) are deleted: what "
                "they hold is lost"
            ),
        ],
    ),
    "a stack leaves": (
        {"app": {"Log": LOG}, "old": {"T": TABLE}},
        {"app": {"Log": LOG}},
        [
            (
                "deletion: the stack `old` leaves the app, and no deployment deletes it: its one "
                "resource stays in AWS and on the bill, and no code describes them any more; `aws "
                "cloudformation delete-stack --stack-name old` deletes the stack"
            ),
        ],
    ),
    "the environment goes": (
        {"app": {"Log": LOG}},
        None,
        [
            (
                "deletion: the stack `app` leaves the app, and no deployment deletes it: its one "
                "resource stays in AWS and on the bill, and no code describes them any more; `aws "
                "cloudformation delete-stack --stack-name app` deletes the stack"
            ),
        ],
    ),
    "the environment is new": (None, {"app": {"Log": LOG}}, []),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    cases = {name: (base, head) for name, (base, head, _) in CASES.items()}
    return comparisons(tmp_path_factory.mktemp("cases"), cases)


@pytest.mark.parametrize("case", CASES)
def test_what_is_lost_is_said_and_nothing_else(case: str, found: dict[str, Comparison]) -> None:
    assert [f"{item.kind.value}: {item.text}" for item in care(found[case])] == CASES[case][2]
