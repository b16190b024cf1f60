"""Values that one stack takes from another, stacks that are nested, and their protection."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ecs_envoy.review.assembly.reading import read_assembly
from ecs_envoy.review.care.finding import care
from ecs_envoy.review.comparison import Comparison, Environment, compare
from tests.conftest import ROOT
from tests.ecs_envoy.review.templates import Stacks, resource, write_assembly

pytestmark = pytest.mark.process

IMPORT = {"Fn::ImportValue": "data:Table"}
WEAK = {"Fn::GetStackOutput": {"StackName": "data", "OutputName": "Table"}}

REFUSED = (
    "replacement: the deployment of `data` fails: it would change or take away `Table`, which "
    "`services` imports; CloudFormation refuses that, and nothing after it is deployed"
)
ALONE = "cdk deploy --exclusively services"
STALE = (
    "interruption: `services` goes on with the old `Table`, which is replaced: its own template is the same, "
    "so `cdk deploy` skips it; deploy it with `--force`"
)


def stacks(key: str, value: object = None, **more: object) -> Stacks:
    """Return a stack with a table, and one with an ECS service whose tags have `value`."""
    tags = {"Tags": [{"Key": "table", "Value": value}]} if value else {}
    return {
        "data": {"Table": resource("DynamoDB::Table", KeySchema=[{"AttributeName": key}])},
        "services": {"Service": resource("ECS::Service", DesiredCount=2, **tags, **more)},
    }


def exported(name: str = "data:Table") -> dict[str, Any]:
    return {"Table": {"Value": {"Ref": "Table"}, "Export": {"Name": name}}}


Case = tuple[Stacks, dict[str, Any], Stacks, dict[str, Any], list[str]]

CASES: dict[str, Case] = {
    "a value in use changes": (
        stacks("id", IMPORT),
        exported(),
        stacks("name", IMPORT),
        exported(),
        [f"{REFUSED}; the stacks that use it have to be deleted or freed from it first"],
    ),
    "a value in use goes with its use": (
        stacks("id", IMPORT),
        exported(),
        stacks("id"),
        {},
        [f"{REFUSED}; deploy `services` first, which no longer needs it (`{ALONE}`)"],
    ),
    "a value that nobody uses changes": (stacks("id"), exported(), stacks("name"), exported(), []),
    "a value in use stays": (stacks("id", IMPORT), exported(), stacks("id", IMPORT), exported(), []),
    "a weak reference becomes stale": (
        stacks("id", WEAK),
        {"Table": {"Value": {"Ref": "Table"}}},
        stacks("name", WEAK),
        {"Table": {"Value": {"Ref": "Table"}}},
        [STALE],
    ),
    "a weak reference is read anew": (
        stacks("id", WEAK),
        {"Table": {"Value": {"Ref": "Table"}}},
        stacks("name", WEAK, EnableExecuteCommand=True),
        {"Table": {"Value": {"Ref": "Table"}}},
        [],
    ),
}


def assembly(folder: Path, found: Stacks, outputs: dict[str, Any]) -> Environment:
    write_assembly(folder, found)
    file = folder / "data.template.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "Outputs": outputs}))
    return Environment(assembly=read_assembly(folder))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    folder = tmp_path_factory.mktemp("cases")
    pairs = {
        name: (assembly(folder / name / "a", *case[:2]), assembly(folder / name / "b", *case[2:4]))
        for name, case in CASES.items()
    }
    return {item.name: item for item in compare(pairs, project=ROOT, cache=folder / "cache")}


@pytest.mark.parametrize("case", CASES)
def test_what_stacks_take_from_each_other_is_watched(case: str, found: dict[str, Comparison]) -> None:
    told = [f"{item.kind.value}: {item.text}" for item in care(found[case])]
    assert [text for text in told if "the table is replaced" not in text] == CASES[case][4]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (True, False, ["termination protection of `data` is off: anyone may delete the stack"]),
        (False, True, []),
        (True, True, []),
    ],
)
def test_a_stack_that_may_be_deleted_is_said(
    before: bool, after: bool, expected: list[str], found: dict[str, Comparison]
) -> None:
    comparison = found["a value in use stays"]
    assert comparison.base
    assert comparison.head
    base, head = (
        replace(
            side,
            assembly=replace(
                side.assembly,
                stacks={
                    name: replace(stack, termination_protection=protected and name == "data")
                    for name, stack in side.assembly.stacks.items()
                },
            ),
        )
        for side, protected in ((comparison.base, before), (comparison.head, after))
    )
    assert [item.text for item in care(replace(comparison, base=base, head=head))] == expected
