"""Every command of the README is run: here, or by CI itself."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecs_envoy.configuration import load_configuration
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+(?: \w+)?)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
RUN_BY_CI = {"make test"}  # .ci/run; within itself it would never end
COMMANDS = [line for kind, block in BLOCKS if kind == "console" for line in block.splitlines()]
NEEDS_AN_ACCOUNT = [line for kind, block in BLOCKS if kind == "console aws" for line in block.splitlines()]


def test_ci_runs_the_readmes_test_command() -> None:
    assert set(COMMANDS) >= RUN_BY_CI
    assert "make test" in (ROOT / ".ci/run").read_text()


@pytest.mark.xdist_group("rehearsal")
def test_the_readmes_commands_work_in_their_order() -> None:
    script = "\n".join(line for line in COMMANDS if line not in RUN_BY_CI)
    assert len(script.splitlines()) == 6
    done = subprocess.run(
        ["/bin/bash", "-eu", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split()[-4:] == ["dev-network", "dev-services", "dev-proxy", "dev-api"]


def test_the_commands_that_need_an_account_reach_for_it(tmp_path: Path) -> None:
    # No AWS here: all that can be shown is that the CDK CLI takes the command and then asks for credentials.
    assert len(NEEDS_AN_ACCOUNT) == 2
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    closed = {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    for line in NEEDS_AN_ACCOUNT:
        command = f"{line} --output {tmp_path / 'out'}"
        done = subprocess.run(
            ["/bin/bash", "-c", command],
            cwd=ROOT,
            env={**environment, **closed},
            capture_output=True,
            text=True,
            check=False,
        )
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
    path.write_text(yaml.safe_dump({**example, **yaml.safe_load(text)}))
    telemetry = load_configuration(path).telemetry
    assert telemetry.cloudwatch
    assert telemetry.prometheus
    assert telemetry.tracing
    assert telemetry.datadog


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


@pytest.mark.parametrize("text", python_blocks())
def test_the_examples_in_python_synthesize(text: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(text)
    environment = {**os.environ, "CDK_OUTDIR": str(tmp_path / "out")}
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "out").glob("*.template.json"))


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


def test_importing_the_package_warns_of_nothing() -> None:
    code = "import ecs_envoy; [getattr(ecs_envoy, name) for name in ecs_envoy.__all__]"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
