"""How `app.py` ends where it cannot synthesize."""

import json
import re
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from aws_cdk import App

from app import main
from ecs_envoy.configuration import Configuration
from tests.conftest import ROOT, RunCdk
from tests.ecs_envoy.configuration.test_configuration import GOOD

CONTEXT = json.loads((ROOT / "cdk.context.json").read_text())
CURE = "give the path of a YAML file, as in --context config=config/example.yaml"


def ended(context: dict[str, object], out: Path) -> int:
    return main(App(context=context, outdir=str(out), analytics_reporting=False))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param([], f"context key config: [] is not a path; {CURE}", id="list"),
        pytest.param({"a": "b"}, f"context key config: {{'a': 'b'}} is not a path; {CURE}", id="mapping"),
        pytest.param(True, f"context key config: True is not a path; {CURE}", id="true"),
        pytest.param("", f"context key config: '' is not a path; {CURE}", id="empty"),
        pytest.param(
            "no/such.yaml",
            "no/such.yaml: no such file; give the path of a YAML file, such as config/example.yaml",
            id="missing file",
        ),
    ],
)
def test_fails_with_status_2_where_the_context_names_no_file(
    value: object, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended({"config": value}, tmp_path) == 2
    assert capsys.readouterr().err == f"{message}\n"
    assert not list(tmp_path.iterdir())


def test_fails_where_the_context_asks_for_nag_by_a_value_that_means_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "good.yaml"
    config.write_text(GOOD)
    assert ended({"config": str(config), "ecs-envoy:nag": "perhaps"}, tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert said == "context key ecs-envoy:nag: 'perhaps' means nothing; give true or if-installed\n"


def test_fails_where_the_cdk_refuses_and_leaves_the_output_folder_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # The proxy's stack has put the sidecar's image there before the load balancer finds no subnet.
    (tmp_path / "earlier.template.json").write_text("{}")
    vpcs = {
        key: {**vpc, "subnetGroups": [group for group in vpc["subnetGroups"] if group["type"] != "Public"]}
        for key, vpc in CONTEXT.items()
    }
    config = str(ROOT / "config/existing.yaml")
    assert ended({**vpcs, "config": config}, tmp_path) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{config}: refused by the CDK: There are no 'Public' subnet groups in this VPC.")
    assert len(said.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["earlier.template.json"]


def test_fails_with_line_and_key_where_the_vpc_that_was_looked_up_has_one_zone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vpcs = {
        key: {
            **vpc,
            "subnetGroups": [{**group, "subnets": group["subnets"][:1]} for group in vpc["subnetGroups"]],
        }
        for key, vpc in CONTEXT.items()
    }
    config = str(ROOT / "config/existing.yaml")
    assert ended({**vpcs, "config": config}, tmp_path) == 2
    assert capsys.readouterr().err == (
        f"{config}:8: network.vpc_id: has private subnets in eu-west-1a only, and one zone can fail; "
        "give a VPC with two or more\n"
    )


@pytest.mark.parametrize(
    ("name", "line", "key"),
    [
        pytest.param("existing", 8, "network.vpc_id", id="a VPC"),
        pytest.param("new", 1, "network.new.availability_zones", id="the account's zones"),
    ],
)
def test_fails_at_once_where_a_look_up_needs_credentials_that_are_not_there(
    name: str,
    line: int,
    key: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CDK_CLI_VERSION", "2.1000.0")
    monkeypatch.delenv("CDK_DEFAULT_ACCOUNT", raising=False)
    config = ROOT / "config/existing.yaml"
    if name == "new":
        config = tmp_path / "new.yaml"
        config.write_text(GOOD)
    assert ended({"config": str(config)}, tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{config}:{line}: {key}: ")
    assert "look it up in account 111122223333, and found no credentials; log in, or give" in said
    assert len(said.splitlines()) == 1
    assert not list((tmp_path / "out").glob("*.template.json"))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(("eu-west-1", "eu-central-1"), id="another region"),
        pytest.param(("111122223333", "111122224444"), id="another account"),
        pytest.param(
            ("  ecs_cluster:", "  subnets: {proxy: {tags: {Tier: app}}}\n  ecs_cluster:"), id="by another tag"
        ),
    ],
)
def test_fails_at_once_where_the_context_has_the_answer_to_another_question(
    change: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CDK_CLI_VERSION", "2.1000.0")
    monkeypatch.delenv("CDK_DEFAULT_ACCOUNT", raising=False)
    config = tmp_path / "other.yaml"
    text = (ROOT / "config/existing.yaml").read_text()
    assert change[0] in text
    config.write_text(text.replace(*change))
    assert ended({**CONTEXT, "config": str(config)}, tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert "network.vpc_id: the CDK CLI has to look it up in account " in said


def test_an_answer_in_the_context_needs_no_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_CLI_VERSION", "2.1000.0")
    monkeypatch.delenv("CDK_DEFAULT_ACCOUNT", raising=False)
    assert ended({**CONTEXT, "config": str(ROOT / "config/existing.yaml")}, tmp_path) == 0


def test_an_answer_by_a_tag_needs_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK_CLI_VERSION", "2.1000.0")
    monkeypatch.delenv("CDK_DEFAULT_ACCOUNT", raising=False)
    ((key, answer),) = CONTEXT.items()
    config = tmp_path / "tag.yaml"
    subnets = "  subnets: {proxy: {tags: {'team:tier': Private}}}\n  ecs_cluster:"
    config.write_text((ROOT / "config/existing.yaml").read_text().replace("  ecs_cluster:", subnets))
    context: dict[str, object] = {f"{key}:subnetGroupNameTag=team$:tier": answer, "config": str(config)}
    assert ended(context, tmp_path / "out") == 0
    template = json.loads((tmp_path / "out/stage-proxy.template.json").read_text())
    assert "subnet-0b023456789abcdef" in json.dumps(template)  # the CDK found the answer under this key, too


def test_fails_with_the_files_name_where_a_construct_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Names that do not get smaller when they are packed.
    listed = [
        ", ".join(f"a.S{sha256(f'{n}/{m}'.encode()).hexdigest()}" for m in range(30)) for n in range(40)
    ]
    services = "".join(
        f"  s{n}: {{image: 'example.com/s:1', grpc_services: [{names}]}}\n" for n, names in enumerate(listed)
    )
    head = (ROOT / "config/example.yaml").read_text().partition("services:")[0]
    large = tmp_path / "large.yaml"
    large.write_text(f"{head}services:\n{services}")
    assert ended({"config": str(large)}, tmp_path / "cdk.out") == 2
    assert capsys.readouterr().err.startswith(f"{large}: the proxy's bootstrap takes ")


def test_fails_with_the_key_and_the_cure_where_a_template_passes_a_limit_of_aws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    groups = ", ".join(f"sg-{number:017d}" for number in range(6))
    path = "NetworkConfiguration.AwsvpcConfiguration.SecurityGroups"
    block = f"    image: example.com/lessons:1\n    overrides: {{ecs_service: {{{path}: [{groups}]}}}}\n"
    head = (ROOT / "config/example.yaml").read_text().partition("services:")[0]
    config = tmp_path / "groups.yaml"
    config.write_text(f"{head}services:\n  lessons:\n{block}")
    assert ended({"config": str(config)}, tmp_path / "cdk.out") == 2
    (line,) = capsys.readouterr().err.splitlines()[-1:]
    assert "services.lessons: lessonsService" in line
    assert "of the stack dev-services: 6 security groups of a task, and AWS takes 5" in line


def test_fails_with_status_2_and_every_mistake_and_writes_nothing(tmp_path: Path, run_cdk: RunCdk) -> None:
    text = (ROOT / "config/example.yaml").read_text()
    (tmp_path / "bad.yaml").write_text(f"prxy: {{}}\nextra: 1\n{text}")
    done = run_cdk(
        *(sys.executable, ROOT / "app.py"),
        folder=tmp_path,
        CDK_OUTDIR=str(tmp_path / "cdk.out"),
        CDK_CONTEXT_JSON=json.dumps({"config": "bad.yaml"}),
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "bad.yaml:1: prxy: unknown key; did you mean proxy?",
        f"bad.yaml:2: extra: unknown key; give one of {', '.join(Configuration.model_fields)}",
    ]
    assert not list(tmp_path.glob("cdk.out/*"))


def test_what_the_cdks_validation_finds_in_a_template_is_said(tmp_path: Path, run_cdk: RunCdk) -> None:
    text = (ROOT / "config/example.yaml").read_text()
    (tmp_path / "bad.yaml").write_text(
        re.sub(r"(  lessons:.*\n)", r"\1    overrides: {ecs_service: {LaunchType: MOON}}\n", text, count=1)
    )
    done = run_cdk(
        *(sys.executable, ROOT / "app.py"),
        folder=tmp_path,
        CDK_OUTDIR=str(tmp_path / "cdk.out"),
        CDK_CONTEXT_JSON=json.dumps({"config": "bad.yaml"}),
    )
    assert "'MOON'" in done.stderr or '"MOON"' in done.stderr, done.stderr
