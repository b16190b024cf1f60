"""What CloudFormation does to resources, and what a reader sees of it."""

import json
from pathlib import Path

import pytest

from ecs_envoy.review.assembly.reading import BadAssemblyError, read_assembly
from ecs_envoy.review.comparison import Comparison, Environment, compare
from ecs_envoy.review.facts.restarts import rolling_services
from ecs_envoy.review.resources.changes import Kind
from ecs_envoy.review.reviewing import review
from tests.conftest import ROOT
from tests.ecs_envoy.review.templates import Stacks, comparisons, resource, write_assembly

pytestmark = pytest.mark.process


def topic(name: str) -> dict[str, object]:
    return resource("SNS::Topic", TopicName=name, DisplayName="alarms")


def service(tasks: int = 2) -> dict[str, object]:
    return resource("ECS::Service", TaskDefinition={"Ref": "Task"}, DesiredCount=tasks, ServiceName="lessons")


def task(cpu: str = "256") -> dict[str, object]:
    containers = [{"Name": "server", "Image": "lessons:1"}]
    return resource("ECS::TaskDefinition", Cpu=cpu, Memory="512", ContainerDefinitions=containers)


CASES: dict[str, tuple[Stacks | None, Stacks | None]] = {
    "nothing": ({"app": {"T": topic("a")}}, {"app": {"T": topic("a")}}),
    "added": ({"app": {}}, {"app": {"T": topic("a")}}),
    "removed": ({"app": {"T": topic("a")}}, {"app": {}}),
    "kept by its policy": ({"app": {"T": {**topic("a"), "DeletionPolicy": "Retain"}}}, {"app": {}}),
    "changed": (
        {"app": {"T": topic("a")}},
        {"app": {"T": resource("SNS::Topic", TopicName="a", DisplayName="other")}},
    ),
    "replaced": ({"app": {"T": topic("a")}}, {"app": {"T": topic("b")}}),
    "moved": ({"app": {"Old": topic("a")}}, {"app": {"New": topic("a")}}),
    "moved between stacks": ({"a": {"T": topic("x")}, "b": {}}, {"a": {}, "b": {"T": topic("x")}}),
    "stack removed": ({"app": {}, "old": {"T": topic("a")}}, {"app": {}}),
    "stack renamed": ({"old": {"T": topic("a")}}, {"now": {"T": topic("a")}}),
    "task definition": (
        {"app": {"Task": task(), "Service": service()}},
        {"app": {"Task": task("512"), "Service": service()}},
    ),
    "number of tasks": (
        {"app": {"Task": task(), "Service": service()}},
        {"app": {"Task": task(), "Service": service(3)}},
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    return comparisons(tmp_path_factory.mktemp("cases"), CASES)


@pytest.mark.parametrize(
    ("case", "kinds"),
    [
        ("nothing", []),
        ("added", [Kind.ADDED]),
        ("removed", [Kind.REMOVED]),
        ("kept by its policy", [Kind.ORPHANED]),
        ("changed", [Kind.CHANGED]),
        ("replaced", [Kind.REPLACED]),
        ("moved", [Kind.RENAMED]),
        ("moved between stacks", [Kind.RENAMED]),
        ("stack removed", [Kind.ORPHANED]),
        ("stack renamed", [Kind.ADDED, Kind.ORPHANED]),
        ("task definition", [Kind.CHANGED, Kind.REVISED]),
        ("number of tasks", [Kind.CHANGED]),
    ],
)
def test_each_kind_of_change_is_told_apart(
    found: dict[str, Comparison], case: str, kinds: list[Kind]
) -> None:
    assert [change.kind for change in found[case].changes.resources] == kinds


@pytest.mark.parametrize(
    ("case", "rolling"), [("task definition", ["lessons"]), ("number of tasks", []), ("added", [])]
)
def test_a_service_rolls_if_its_tasks_are_started_anew(
    found: dict[str, Comparison], case: str, rolling: list[str]
) -> None:
    assert [service.name for service in rolling_services(found[case])] == rolling


def test_a_value_is_shown_before_and_after(found: dict[str, Comparison]) -> None:
    reviewed = review(found["changed"])
    assert reviewed.details == {"app/T": ("`DisplayName`: `alarms` → `other`",)}


def test_a_parameter_or_condition_alone_is_a_change(tmp_path: Path) -> None:
    sides: list[Environment] = []
    for name, least in (("base", "3"), ("head", "9")):
        folder = write_assembly(tmp_path / name, {"app": {"T": topic("a")}})
        template = json.loads((folder / "app.template.json").read_text())
        template["Parameters"] = {"Size": {"Type": "String", "Default": least}}
        template["Conditions"] = {"IsBig": {"Fn::Equals": [{"Ref": "Size"}, least]}}
        (folder / "app.template.json").write_text(json.dumps(template))
        sides.append(Environment(assembly=read_assembly(folder)))
    [found] = compare({"app": (sides[0], sides[1])}, project=ROOT, cache=tmp_path / "cache")
    reviewed = review(found)
    assert reviewed.differs
    assert reviewed.declarations["app"][0] == "changed: parameter `Size.Default`: `3` → `9`"
    assert "condition `IsBig`" in reviewed.declarations["app"][1]


def test_a_nested_stack_is_compared_as_well(tmp_path: Path) -> None:
    def nesting(folder: Path, name: str) -> Environment:
        nested = {
            **resource("CloudFormation::Stack"),
            "Metadata": {"aws:asset:path": "n.nested.template.json"},
        }
        write_assembly(folder, {"app": {"Nested": nested}})
        (folder / "n.nested.template.json").write_text(json.dumps({"Resources": {"T": topic(name)}}))
        return Environment(assembly=read_assembly(folder))

    pairs = {
        "changed": (nesting(tmp_path / "base", "a"), nesting(tmp_path / "head", "b")),
        "removed": (
            nesting(tmp_path / "old", "a"),
            Environment(assembly=read_assembly(write_assembly(tmp_path / "new", {"app": {}}))),
        ),
    }
    changed, removed = compare(pairs, project=ROOT, cache=tmp_path)
    assert [(change.id, change.kind) for change in changed.changes.resources] == [("Nested/T", Kind.REPLACED)]
    # It is deleted with the resource that nests it, unlike a stack that leaves the app.
    assert {change.kind for change in removed.changes.resources} == {Kind.REMOVED}
    assert removed.changes.stacks_removed == ()


STACK = '{"artifacts": {"a": {"type": "aws:cloudformation:stack"'


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        pytest.param("{", "manifest.json: cannot be read", id="no JSON"),
        pytest.param("[]", "is damaged", id="a list"),
        pytest.param(
            f'{STACK}, "properties": {{"templateFile": "a.json"}}}}}}}}', "a.json: is missing", id="gone"
        ),
    ],
)
def test_fails_on_an_assembly_that_is_damaged(manifest: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(BadAssemblyError, match=message) as refused:
        read_assembly(tmp_path)
    assert "synthesize the assembly again" in str(refused.value)
