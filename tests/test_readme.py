"""Every command of the README is run: here, or by CI itself."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from ecs_envoy.configuration import load_configuration
from ecs_envoy.configuration.document import read_document
from rehearsal.course.evenness import MAX_SHARE
from tests.conftest import ROOT, Assembly, RunCdk, Templates, read_templates

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+(?: \w+)?)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = [line for kind, block in BLOCKS if kind == "console" for line in block.splitlines()]
NEEDS_AN_ACCOUNT = [line for kind, block in BLOCKS if kind == "console aws" for line in block.splitlines()]
RUN_BY_CI = "make test"  # within itself it would never end


def test_ci_runs_the_readmes_test_command(tmp_path: Path) -> None:
    # Stand-ins, which note their arguments, for the programs that .ci/run starts.
    for name in ("make", "apt-get"):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/ran\npwd >> {tmp_path}/where\n')
        program.chmod(0o755)
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    done = subprocess.run([ROOT / ".ci/run"], cwd=tmp_path, env={**os.environ, "PATH": path}, check=False)
    assert done.returncode == 0
    assert (tmp_path / "ran").read_text().splitlines()[-1] == RUN_BY_CI
    assert (tmp_path / "where").read_text().splitlines()[-1] == str(ROOT)
    assert RUN_BY_CI in COMMANDS


def bare(templates: Templates) -> Templates:
    """Return the resources of `templates` without what only the CDK CLI adds."""
    return {
        name: {
            key: {part: value for part, value in resource.items() if part != "Metadata"}
            for key, resource in template["Resources"].items()
            if key != "CDKMetadata"
        }
        for name, template in templates.items()
    }


@pytest.mark.rehearsal
def test_the_readmes_commands_work_in_their_order(assembly_of: Assembly, tmp_path: Path) -> None:
    script = "\n".join(line for line in COMMANDS if line != RUN_BY_CI)
    assert len(script.splitlines()) == 6
    # The example as it is, but with less work for a shorter time: where CPU is short, the tasks that two
    # clients are pinned to are too slow to get more calls than others.
    config, out = tmp_path / "example.yaml", tmp_path / "out"
    config.write_text((ROOT / "config/example.yaml").read_text() + "\nrehearsal: {work: 2ms}\n")
    settings = {"CONFIG": str(config), "OPTIONS": f"--seconds 5 --out {out}"}
    done = subprocess.run(
        ["/bin/bash", "-eu", "-c", script],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split()[-4:] == ["dev-network", "dev-services", "dev-proxy", "dev-api"]
    expected = bare(read_templates(assembly_of("example")))
    assert {name: bare(read_templates(ROOT / "cdk.out"))[name] for name in expected} == expected

    values = json.loads((out / "result.json").read_text())
    assert values["problems"] == []
    before, after = values["before"][0], values["after"][0]
    assert before["cv_requests"] > 0.25  # 0.333, and a few seconds cut a round
    assert before["cv_cpu"] > 0.2
    assert (
        after["cv_requests"] <= 0.1
    )  # likewise; by zone the proxies follow each other's traffic, within 2 %
    assert values["discovery_bound_seconds"] == {"lessons": 3.0, "progress": 3.0, "grading": 3.0}
    scale_out, roll = values["scale_out"], values["roll"]
    assert scale_out["errors"] == roll["errors"] == {}
    assert max(scale_out["busiest_share"], roll["busiest_share"]) <= MAX_SHARE
    assert (len(scale_out["new_tasks"]), len(roll["new_tasks"])) == (2, 4)
    assert all(task["first_request"] is not None for task in [*scale_out["new_tasks"], *roll["new_tasks"]])


def test_the_commands_that_need_an_account_reach_for_it(
    assembly_of: Assembly, run_cdk: RunCdk, tmp_path: Path
) -> None:
    # No AWS here: all that can be shown is that the CDK CLI takes the command and then asks for credentials.
    assert len(NEEDS_AN_ACCOUNT) == 2
    closed = {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    for line in NEEDS_AN_ACCOUNT:
        done = run_cdk("/bin/bash", "-c", f"{line} --app {assembly_of('example')}", folder=ROOT, **closed)
        assert done.returncode == 1
        assert "credentials" in done.stdout + done.stderr, done.stdout + done.stderr


def test_the_readmes_configuration_is_a_good_one(tmp_path: Path) -> None:
    text, _ = [block for kind, block in BLOCKS if kind == "yaml"]
    path = tmp_path / "readme.yaml"
    path.write_text(text)
    assert set(load_configuration(path).services) == set(yaml.safe_load(text)["services"])


def yaml_blocks(page: Path) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "text", [yaml_blocks(ROOT / "README.md")[1], *yaml_blocks(ROOT / "docs/telemetry.md")]
)
def test_the_telemetry_of_the_pages_is_a_good_one(text: str, tmp_path: Path) -> None:
    path = tmp_path / "telemetry.yaml"
    example = yaml.safe_load((ROOT / "config/example.yaml").read_text())
    example["proxy"]["memory"] = 1024  # as the README says
    path.write_text(yaml.safe_dump({**example, **yaml.safe_load(text)}))
    telemetry = load_configuration(path).telemetry
    assert telemetry.cloudwatch
    assert telemetry.prometheus
    assert telemetry.tracing
    assert telemetry.datadog


OTHER_PAGES = [
    pytest.param(text, id=f"{page}-{number}")
    for page in ("aws", "proxies", "services")
    for number, text in enumerate(yaml_blocks(ROOT / f"docs/{page}.md"))
]


@pytest.mark.parametrize("text", OTHER_PAGES)
def test_the_configuration_of_the_other_pages_is_a_good_one(text: str, tmp_path: Path) -> None:
    path = tmp_path / "page.yaml"
    example = (ROOT / "config/example.yaml").read_text()
    if text.startswith(" "):  # the keys of a service
        own = "services:\n  own:\n    image: example.com/own:1\n    grpc_services: [own.v1.Own]\n"
        path.write_text(example.replace("services:\n", own + text, 1))
    else:
        given = {key: key for key in yaml.safe_load(text)}
        if "proxies" in given:  # a file has one of the two; the variable is that of the only proxy
            given["proxies"] = "proxy"
            example = re.sub(r"^ +proxy_address_variable:.*\n", "", example, flags=re.MULTILINE)
        for key in given.values():
            example = re.sub(rf"^{key}:.*\n( .*\n)*", "", example, flags=re.MULTILINE)
        path.write_text(example + text)
    assert load_configuration(path).environment == "dev"


@pytest.mark.parametrize(
    "text",
    [pytest.param(text, id=str(number)) for number, text in enumerate(yaml_blocks(ROOT / "docs/policy.md"))],
)
def test_the_policies_of_their_page_are_good_ones(text: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    example = read_document(ROOT / "config/example.yaml").values
    (tmp_path / "shown.yaml").write_text(text)
    path.write_text(json.dumps(_over(example, read_document(tmp_path / "shown.yaml").values)))
    assert load_configuration(path).environment == "dev"


def _over(below: Any, above: Any) -> Any:  # noqa: ANN401
    """Return `below` with the keys of `above`, at every depth."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    values, keys = cast("dict[str, Any]", below), cast("dict[str, Any]", above)
    return {**values, **{key: _over(values.get(key), value) for key, value in keys.items()}}


def python_example() -> str:
    (text,) = [block for kind, block in BLOCKS if kind == "python"]
    return text


def python_blocks() -> list[Any]:
    """Every example in Python, with the page that it stands on."""
    return [
        pytest.param(text, id=f"{page.name}-{number}")
        for page in PAGES
        for number, text in enumerate(
            re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
        )
    ]


PAGES = sorted(
    path for folder in (ROOT, ROOT / "docs", ROOT / "bench") for path in folder.glob("*.md")
) + sorted((ROOT / "docs").glob("*/*.md"))
LINKS = [(page, link) for page in PAGES for link in re.findall(r"\]\((?!http)([^)]+)\)", page.read_text())]


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_links_lead_somewhere(page: Path, link: str) -> None:
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    assert target.exists()
    if anchor:
        headings = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
        # As GitHub makes an anchor of a heading.
        assert anchor in {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def test_the_section_in_the_rehearsals_page_is_a_good_one(tmp_path: Path) -> None:
    (section,) = yaml_blocks(ROOT / "docs/rehearsal.md")
    path = tmp_path / "own.yaml"
    path.write_text((ROOT / "config/example.yaml").read_text() + section)
    assert set(load_configuration(path).rehearsal.services) == {"lessons", "api"}


@pytest.mark.parametrize("text", [block for block in python_blocks() if "aws_cdk" in str(block.values[0])])
def test_the_examples_in_python_synthesize(text: str, run_cdk: RunCdk, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(text)
    done = run_cdk(sys.executable, "app.py", folder=tmp_path, CDK_OUTDIR=str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "out").glob("*.template.json"))


@pytest.mark.process
def test_the_examples_in_python_pass_pyright_strict(tmp_path: Path) -> None:
    for number, block in enumerate(python_blocks()):
        (tmp_path / f"example_{number}.py").write_text(block.values[0])
    settings = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "extraPaths": [str(ROOT / "constructs"), str(ROOT / "envoy")],
        "venvPath": str(ROOT),
        "venv": ".venv",
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run(
        ["pyright", "--project", str(tmp_path)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.synth
def test_importing_the_package_warns_of_nothing() -> None:
    code = "import ecs_envoy; [getattr(ecs_envoy, name) for name in ecs_envoy.__all__]"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
