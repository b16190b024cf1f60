"""A project in a git repository, and `ecs-envoy` run in it."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ecs_envoy.review.resources.template_diff import VERSION
from tests.conftest import BIN, ROOT

APP = '''
"""A CDK app without the CDK, since that takes seconds: an SNS topic for each configuration file."""
import json, os, pathlib
context = json.loads(os.environ["CDK_CONTEXT_JSON"])
if context.get("look-up") == "yes":
    missing = [{"key": "vpc-provider:account=1:filter.vpc-id=vpc-1", "provider": "vpc-provider", "props": {}}]
else:
    missing = []
config = pathlib.Path(context["config"]).read_text()
name = dict(line.split(": ") for line in config.splitlines())
if "broken" in name:
    raise SystemExit(f"{context['config']}: broken: take it out")
out = pathlib.Path(os.environ["CDK_OUTDIR"])
out.mkdir(parents=True, exist_ok=True)
topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": name["topic"] + context.get("suffix", "")}}
resources = {"Topic": topic} | ({"Nat": {"Type": "AWS::EC2::NatGateway"}} if "nat" in name else {})
(out / "app.template.json").write_text(json.dumps({"Resources": resources}))
properties = {"templateFile": "app.template.json"}
stack = {"type": "aws:cloudformation:stack", "environment": "aws://1/eu-west-1", "properties": properties}
(out / "manifest.json").write_text(json.dumps({"artifacts": {"app": stack}, "missing": missing}))
with pathlib.Path(os.environ["COUNT"]).open("a") as file:
    file.write(context["config"] + "\\n")
'''

Run = Callable[..., subprocess.CompletedProcess[str]]


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def configure(project: Path, environment: str, **values: str) -> None:
    lines = [f"{name}: {value}\n" for name, value in {"environment": environment, **values}.items()]
    (project / f"config/{environment}.yaml").write_text("".join(lines))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in a git repository, whose one commit is on main; its branch has nothing more yet."""
    folder = tmp_path / "repository" / "infrastructure"
    (folder / "config").mkdir(parents=True)
    (folder / "app.py").write_text(APP)
    cdk = {"app": "python3 app.py", "context": {"config": "config/prod.yaml"}}
    (folder / "cdk.json").write_text(json.dumps(cdk))
    configure(folder, "prod", topic="alarms")
    configure(folder, "dev", topic="alarms")
    git(folder.parent, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "first")
    git(folder, "checkout", "--quiet", "-b", "change")
    return folder


@pytest.fixture
def ecs_envoy(project: Path, tmp_path: Path) -> Run:
    """Runs `ecs-envoy` in the project."""

    cache = tmp_path / "cache"
    library = cache / f"cloudformation-diff-{VERSION}"
    library.mkdir(parents=True)
    (library / "node_modules").symlink_to(ROOT / "node_modules")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    variables = {**kept, "ECS_ENVOY_CACHE": str(cache), "COUNT": str(tmp_path / "count")}

    def run(*arguments: str, folder: Path = project) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BIN / "ecs-envoy", *arguments],
            cwd=folder,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )

    return run
