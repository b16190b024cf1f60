"""The wheel, used outside the checkout by somebody who has nothing else of ours."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import BIN, ROOT
from tests.test_readme import python_example


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)], out)
    (built,) = out.glob("*.whl")
    return built


def run(command: list[str], cwd: Path, **environment: str) -> str:
    values = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(
        command, cwd=cwd, env={**values, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_wheel_holds_both_source_roots_with_their_types_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == {
        "ecs_envoy",
        "envoy_config",
    }
    assert {"ecs_envoy/py.typed", "envoy_config/py.typed"} <= set(names)
    # The build context of the sidecar's image, not a package.
    image = {name.removeprefix("ecs_envoy/discovery_image/") for name in names if "discovery_image" in name}
    modules = {"__main__.py", "aws/error.py", "cloud_map/source.py", "ecs/source.py"}
    assert {"Dockerfile", "requirements.txt", *modules} <= image
    assert not [name for name in names if "__pycache__" in name]


def test_a_cdk_app_of_ten_lines_uses_the_wheel_in_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    # Twenty tasks bring the sidecar, whose image is built from the wheel's own files.
    (tmp_path / "app.py").write_text(python_example().replace("max_tasks=4", "max_tasks=20"))
    fresh = tmp_path / "venv"
    run([sys.executable, "-m", "venv", "--without-pip", str(fresh)], tmp_path)
    python = str(fresh / "bin/python")
    pins = str(ROOT / "requirements.txt")
    run([str(BIN / "uv"), "pip", "install", "--python", python, "--constraint", pins, str(wheel)], tmp_path)
    run([python, "app.py"], tmp_path, CDK_OUTDIR=str(tmp_path / "out"))
    assert (tmp_path / "out/learning.template.json").is_file()
    where = run([python, "-c", "import ecs_envoy, envoy_config; print(ecs_envoy.__file__)"], tmp_path)
    assert where.startswith(str(fresh))
    (dockerfile,) = (tmp_path / "out").glob("asset.*/Dockerfile")
    assert {"__main__.py", "requirements.txt"} <= {path.name for path in dockerfile.parent.iterdir()}
    rules = "from ecs_envoy.telemetry.managed_prometheus import prometheus_rules; print(prometheus_rules())"
    assert "EcsEnvoySkew" in run([python, "-c", rules], tmp_path)
    command = str(fresh / "bin/ecs-envoy")
    example = str(ROOT / "config/example.yaml")
    assert run([command, "validate", example], tmp_path).startswith(f"{example}: good; ")
    rehearsed = subprocess.run(
        [command, "rehearse", example], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert rehearsed.returncode == 1
    assert "rehearse deploys the stacks of a checkout of ecs-envoy" in rehearsed.stderr


def test_the_sidecar_runs_from_its_build_context_and_its_own_lock(wheel: Path, tmp_path: Path) -> None:
    # What the Dockerfile does, without Docker, which is not here: packages by hash, our files, -m discovery.
    zipfile.ZipFile(wheel).extractall(tmp_path)
    context, fresh = tmp_path / "ecs_envoy/discovery_image", tmp_path / "venv"
    (tmp_path / "image").mkdir()
    (tmp_path / "image/discovery").symlink_to(context)
    run([sys.executable, "-m", "venv", "--without-pip", str(fresh)], tmp_path)
    python = str(fresh / "bin/python")
    lock = ["--require-hashes", "--requirement", str(context / "requirements.txt")]
    run([str(BIN / "uv"), "pip", "install", "--python", python, *lock], tmp_path)
    started = subprocess.run(
        [python, "-m", "discovery", "{"],
        cwd=tmp_path / "image",
        env={"AWS_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 2
    assert started.stderr.startswith("discovery: the settings are not JSON")


def test_the_sidecars_lock_agrees_with_what_the_tests_run() -> None:
    def pins(path: Path) -> set[str]:
        lines = (line.split(" ")[0] for line in path.read_text().splitlines())
        return {line for line in lines if "==" in line}

    own = pins(ROOT / "envoy/discovery/requirements.txt")
    assert own
    assert own <= pins(ROOT / "requirements-dev.txt")
