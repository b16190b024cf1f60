"""What the configuration file and versions add to what the templates say."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.assembly.reading import read_assembly
from ecs_envoy.review.comparison import Comparison, compare
from ecs_envoy.review.meaning.finding import meaning
from tests.conftest import ROOT
from tests.ecs_envoy.review.deployed import bootstrap, proxy, service
from tests.ecs_envoy.review.templates import Stacks, environment

pytestmark = pytest.mark.process

TWO: Stacks = {"app": service(tasks=2)}
THREE: Stacks = {"app": service(tasks=3)}
GRADING = {"grading": ["learning.v1.Grading"]}

CASES: dict[str, tuple[tuple[Stacks, str], tuple[Stacks, str], list[str]]] = {
    "a key that a rule explains": (
        (TWO, "services: {lessons: {tasks: 2}}"),
        (THREE, "services: {lessons: {tasks: 3}}"),
        ["`lessons`: tasks 2 → 3 (`services.lessons.tasks: 2 → 3`)"],
    ),
    "a key that becomes a block": (
        (TWO, "services: {lessons: {tasks: 4}}"),
        (THREE, "services: {lessons: {tasks: {min: 4, max: 12}}}"),
        ["`lessons`: tasks 2 → 3 (`services.lessons.tasks: 4 → {min: 4, max: 12}`)"],
    ),
    "a key that no rule explains": (
        (TWO, "services: {lessons: {timeout: 3s}}"),
        (TWO, "services: {lessons: {timeout: 1s}}"),
        ["`services.lessons.timeout: 3s → 1s`"],
    ),
    "a key that comes, and one that goes": (
        (TWO, "proxy: {port: 50051}"),
        (TWO, "proxy: {drain: 20s}"),
        ["`proxy.port: 50051` is gone", "`proxy.drain: 20s`, not set before"],
    ),
    "an item of a list": (
        (TWO, "proxy: {clients: [sg-1]}"),
        (TWO, "proxy: {clients: [sg-1, 10.9.0.0/16]}"),
        ["`proxy.clients: + 10.9.0.0/16`"],
    ),
    "a service that comes": (
        ({"app": proxy(bootstrap(services={}))}, "services: {}"),
        (
            {"app": {**proxy(bootstrap(services=GRADING)), **service("grading")}},
            f"services: {{grading: {{image: {'a' * 200}}}}}",
        ),
        ["`grading` is added (`services.grading` is new)"],
    ),
    "the escape hatch": (
        (TWO, "services: {lessons: {}}"),
        (TWO, "services: {lessons: {overrides: {ecs_service: {Cpu: 9}}}}"),
        ["the escape hatch is used (`services.lessons.overrides: {ecs_service: {Cpu: 9}}`, not set before)"],
    ),
    "a key of ours": (
        (TWO, "environment: prod\nservices: {lessons: {}}"),
        (TWO, "environment: prod\nservices: {lessons: {policy: {connect_timeout: 2s}}}"),
        [
            "`services.lessons.policy.connect_timeout: 1s (default) → 2s`",
            "- this is: time to open a connection to a task",
        ],
    ),
    "a key that PyYAML alone takes for true": (
        (TWO, "services: {lessons: {policy: {retries: {on: [unavailable]}}}}"),
        (TWO, "services: {lessons: {policy: {retries: {on: [aborted]}}}}"),
        ["`services.lessons.policy.retries.on: unavailable → aborted`"],
    ),
    "a key of ours goes": (
        (TWO, "environment: prod\nservices: {lessons: {policy: {connect_timeout: 2s}}}"),
        (TWO, "environment: prod\nservices: {lessons: {}}"),
        [
            "`services.lessons.policy.connect_timeout: 2s → 1s (default)`",
            "- this is: time to open a connection to a task",
        ],
    ),
    "a key of somebody else's with the name of ours": (
        (TWO, "stage: prod\nservices: {lessons: {connect_timeout: 1s}}"),
        (TWO, "stage: prod\nservices: {lessons: {connect_timeout: 2s}}"),
        ["`services.lessons.connect_timeout: 1s → 2s`"],
    ),
    "comments and order only": (
        (TWO, "a: 1\nb: 2"),
        (TWO, "# both\nb: 2\na: 1"),
        [],
    ),
    "YAML that only the app can read": ((TWO, "a: !secret x"), (TWO, "a: !secret y"), []),
}


def causes(comparison: Comparison) -> list[str]:
    return [
        line
        for found in meaning(comparison)
        if found.cause != "**the deployment**"
        for line in (found.cause, *(f"- {c}" for c in found.consequences if c.startswith("this is")))
    ]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    folder = tmp_path_factory.mktemp("cases")
    pairs = {
        name: (
            environment(folder / name / "base", base[0], text=base[1]),
            environment(folder / name / "head", head[0], text=head[1]),
        )
        for name, (base, head, _) in CASES.items()
    }
    return {item.name: item for item in compare(pairs, project=ROOT, cache=folder / "cache")}


@pytest.mark.parametrize("case", CASES)
def test_keys_are_named_with_the_cause_that_they_are(case: str, found: dict[str, Comparison]) -> None:
    assert causes(found[case]) == CASES[case][2]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"aws-cdk-lib": "2.275.0"}, {"aws-cdk-lib": "2.275.0"}, []),
        ({"aws-cdk-lib": "2.275.0"}, {}, []),
        (
            {"aws-cdk-lib": "2.275.0"},
            {"aws-cdk-lib": "2.276.0"},
            ["other versions: `aws-cdk-lib` 2.275.0 → 2.276.0"],
        ),
    ],
)
def test_an_upgraded_library_is_named(
    before: dict[str, str], after: dict[str, str], expected: list[str], found: dict[str, Comparison]
) -> None:
    comparison = found["comments and order only"]
    assert comparison.base
    assert comparison.head
    sides = [
        replace(side, assembly=replace(side.assembly, libraries=libraries))
        for side, libraries in ((comparison.base, before), (comparison.head, after))
    ]
    assert causes(replace(comparison, base=sides[0], head=sides[1])) == expected


def test_the_versions_of_libraries_are_read_from_the_assembly(tmp_path: Path) -> None:
    stack: Json = {"constructInfo": {"fqn": "aws-cdk-lib.Stack", "version": "2.276.0"}}
    tree = {
        "tree": {
            "constructInfo": {"fqn": "constructs.Construct", "version": "10.8.1"},
            "children": {"a": stack},
        }
    }
    folder = tmp_path / "app"
    environment(folder, TWO)
    (folder / "tree.json").write_text(json.dumps(tree))
    assert read_assembly(folder).libraries == {"aws-cdk-lib": "2.276.0", "constructs": "10.8.1"}
