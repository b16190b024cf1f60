"""How a change was checked: findings that are new or gone, cfn-lint, and Envoy's own validation."""

import json
from pathlib import Path
from typing import Any

import pytest

from ecs_envoy.review.assembly.reading import read_assembly
from ecs_envoy.review.checks.checking import check_all, checks
from ecs_envoy.review.checks.rehearsing import rehearsal_lines
from ecs_envoy.review.comparison import Comparison, Environment, compare
from ecs_envoy.review.sections import Checks
from tests.conftest import ROOT
from tests.ecs_envoy.review.documents.bootstraps import bootstrap, cluster
from tests.ecs_envoy.review.templates import Stacks, comparisons, resource, write_assembly

pytestmark = pytest.mark.process


def report(*rules: str) -> dict[str, Any]:
    """Return a report as cdk-nag writes it now."""
    found = [
        {
            "ruleName": rule,
            "description": f"what {rule} means",
            "severity": "error",
            "violatingConstructs": [{"constructPath": "app/Role/Resource"}],
        }
        for rule in rules
    ]
    return {"pluginReports": [{"pluginName": "AwsSolutions", "violations": found}]}


def older_report(*rules: str) -> dict[str, Any]:
    """Return a report as older versions of the CDK write it."""
    found = report(*rules)["pluginReports"][0]["violations"]
    return {"pluginReports": [{"summary": {"pluginName": "AwsSolutions"}, "violations": found}]}


def warning(text: str) -> dict[str, Any]:
    """Return the metadata of a stack, one of whose constructs warns."""
    return {"/app/Topic": [{"type": "aws:cdk:warning", "data": text}]}


def assembly(
    folder: Path, *, name: str = "validation-report.json", found: object = None, metadata: object = None
) -> Environment:
    """Return an environment whose assembly has a report and metadata."""
    write_assembly(folder, {"app": {"T": resource("SNS::Topic", DisplayName=folder.name)}})
    if found:
        (folder / name).write_text(json.dumps(found))
    if metadata:
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["artifacts"]["app"]["metadata"] = metadata
        (folder / "manifest.json").write_text(json.dumps(manifest))
    return Environment(assembly=read_assembly(folder))


NEW = "AwsSolutions `S1` error: what S1 means (`app/Role`)"


FINDINGS: dict[str, tuple[dict[str, Any], dict[str, Any], Checks]] = {
    "new": (
        {"found": report("A")},
        {"found": report("A", "S1")},
        Checks(done=("`AwsSolutions`: 2 findings",), new=(NEW,)),
    ),
    "gone": (
        {"found": report("S1")},
        {"found": report()},
        Checks(done=("`AwsSolutions`: no finding",), gone=(NEW,)),
    ),
    "older form of the report": (
        {"found": older_report(), "name": "policy-validation-report.json"},
        {"found": older_report("S1"), "name": "policy-validation-report.json"},
        Checks(done=("`AwsSolutions`: 1 finding",), new=(NEW,)),
    ),
    "checked for the first time": (
        {},
        {"found": report("S1")},
        Checks(done=("`AwsSolutions`: 1 finding, and what is compared with was not checked",)),
    ),
    "the same rule in other words": (
        {"metadata": warning("old [ack: my:rule]")},
        {"metadata": warning("other words [ack: my:rule]")},
        Checks(),
    ),
    "a construct's warning": (
        {},
        {"metadata": warning("a warning")},
        Checks(new=("the CDK warning: a warning (`app/Topic`)",)),
    ),
}


@pytest.fixture(scope="module")
def with_findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    folder = tmp_path_factory.mktemp("findings")
    pairs = {
        case: (assembly(folder / case / "base", **base), assembly(folder / case / "head", **head))
        for case, (base, head, _) in FINDINGS.items()
    }
    return {each.name: each for each in compare(pairs, project=ROOT, cache=folder / "cache")}


@pytest.mark.parametrize("case", FINDINGS)
def test_findings_of_the_assembly_are_compared(with_findings: dict[str, Comparison], case: str) -> None:
    assert checks(with_findings[case]) == FINDINGS[case][2]


def proxy(*, lb_policy: str = "ROUND_ROBIN", image: str = "envoy:v1.40.0") -> Stacks:
    text = bootstrap(lambda v: cluster(v).update(lb_policy=lb_policy))
    listeners = text["static_resources"]["listeners"]
    listeners.clear()  # whose types of extensions are not real
    del text["overload_manager"]
    container = {"Name": "envoy", "Image": image, "Command": ["--config-yaml", json.dumps(text)]}
    task = resource("ECS::TaskDefinition", ContainerDefinitions=[container])
    return {"app": {"Task": task, "Service": resource("ECS::Service", TaskDefinition={"Ref": "Task"})}}


def bucket(**properties: object) -> Stacks:
    bad = resource("S3::Bucket", BucketName="known", Wrong="before and after")
    return {"app": {"Known": bad, "B": resource("S3::Bucket", **properties)}, "same": {"Known": bad}}


CASES: dict[str, tuple[Stacks | None, Stacks | None]] = {
    "accepted": (proxy(), proxy(lb_policy="RANDOM")),
    "refused": (proxy(), proxy(lb_policy="NO_SUCH_POLICY")),
    "refused as before": (proxy(lb_policy="NO_SUCH_POLICY"), proxy(lb_policy="NOR_THIS")),
    "another version": (proxy(), proxy(lb_policy="RANDOM", image="envoy:v1.39.2")),
    "same bootstrap": (proxy(), proxy(image="envoy:v1.41.0")),
    "a mistake": (bucket(BucketName="b"), bucket(BucketName=["b"], Nonsense=1)),
    "environment that goes": (proxy(), None),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    return comparisons(tmp_path_factory.mktemp("cases"), CASES)


def test_envoy_validates_each_bootstrap_that_differs(found: dict[str, Comparison]) -> None:
    result = check_all([*found.values()], project=ROOT, with_lint=False)
    assert result["accepted"] == Checks(done=("Envoy 1.40.0 accepts the bootstrap of `grpc`",))
    (refused,) = result["refused"].new
    assert refused.startswith("Envoy refuses the bootstrap of `grpc`: Protobuf message ")
    assert "NO_SUCH_POLICY" in refused
    assert result["refused as before"].new == ()
    assert result["another version"].done[0].endswith("`grpc`; its task runs Envoy 1.39.2")
    assert result["same bootstrap"] == Checks()
    assert "environment that goes" not in result


def test_cfn_lint_looks_at_the_templates_that_differ(found: dict[str, Comparison], tmp_path: Path) -> None:
    # The project's own settings hold: a name that is a list is E3012.
    (tmp_path / ".cfnlintrc.yaml").write_text("ignore_checks: [W, E3012]\n")
    (result,) = check_all([found["a mistake"]], project=tmp_path).values()
    assert result.done == ("cfn-lint: 1 template differs, 2 findings",)  # one of them is on both sides
    (new,) = result.new
    assert new.startswith("cfn-lint `E3002` error: ")
    assert new.endswith("(`B Nonsense`)")


def test_without_cfn_lint_the_comment_says_how_to_install_it(
    found: dict[str, Comparison], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    (result,) = check_all([found["a mistake"]], project=tmp_path).values()
    assert result.done == (
        "cfn-lint is not installed, so no template was linted: `pip install 'ecs-envoy[review]'`",
    )


def test_a_rehearsal_shows_its_figures_before_and_after() -> None:
    state: dict[str, Any] = {"service": "lessons", "errors": {}, "calls": 960, "p99_ms": 47.1}
    change: dict[str, Any] = {"service": "lessons", "errors": {"UNAVAILABLE": 2}, "calls": 100}
    result: dict[str, Any] = {
        "machine": "2 CPUs",
        "before": [{**state, "cv_requests": 0.3333, "cv_cpu": 0.33}],
        "after": [{**state, "cv_requests": 0.0, "cv_cpu": None, "p99_ms": 32.8}],
        "scale_out": None,
        "roll": change,
    }
    first, state_line, change_line = rehearsal_lines("rehearsal", result)
    assert first == "rehearsal: with an L4 load balancer → with Envoy, 2 CPUs"
    assert "`lessons`: CV of requests 0.333 → 0.000, CV of CPU 0.330 → unknown, p99 47 → 33 ms" in state_line
    assert state_line.endswith("failed calls 0 → 0 of 960")
    assert change_line == "rehearsal: rolling deployment of `lessons`: 2 of 100 calls failed"
