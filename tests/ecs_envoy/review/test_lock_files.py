"""Each side of `ecs-envoy diff` has the packages of its own lock file."""

import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import BIN
from tests.ecs_envoy.review.cdk_project import Run, git
from tests.ecs_envoy.review.cdk_project import ecs_envoy as ecs_envoy
from tests.ecs_envoy.review.cdk_project import project as project

pytestmark = pytest.mark.process


def write_wheel(folder: Path, version: str) -> None:
    """Write a wheel of the package `marker`, whose one constant is its version."""
    folder.mkdir(exist_ok=True)
    info = f"marker-{version}.dist-info"
    with zipfile.ZipFile(folder / f"marker-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("marker.py", f"VERSION = {version!r}\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: marker\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def lock(project: Path, version: str, wheels: Path) -> None:
    lines = ["--no-index", f"--find-links {wheels}", "-e .", f"marker=={version}"]
    (project / "requirements.txt").write_text("\n".join(lines) + "\n")


def lock_with_uv(project: Path, version: str, wheels: Path) -> None:
    lines = [
        "[project]",
        'name = "app"',
        'version = "1"',
        'requires-python = ">=3.11"',
        f'dependencies = ["marker=={version}"]',
        "[tool.uv]",
        "no-index = true",
        f'find-links = ["{wheels}"]',
    ]
    (project / "pyproject.toml").write_text("\n".join(lines) + "\n")
    subprocess.run([BIN / "uv", "lock", "--quiet"], cwd=project, check=True)


@pytest.mark.parametrize("write_lock", [lock, lock_with_uv], ids=["requirements.txt", "uv.lock"])
def test_each_side_has_the_packages_of_its_own_lock_file(
    write_lock: Callable[[Path, str, Path], None], project: Path, ecs_envoy: Run, tmp_path: Path
) -> None:
    wheels = tmp_path / "wheels"
    write_wheel(wheels, "1.0")
    write_wheel(wheels, "2.0")
    app = project / "app.py"
    text = app.read_text().replace("import json", "import marker, json")
    app.write_text(text.replace('name["topic"]', "marker.VERSION"))
    write_lock(project, "1.0", wheels)
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message", "locked")
    write_lock(project, "2.0", wheels)
    done = ecs_envoy("diff", "HEAD", "--config", "config/prod.yaml")
    assert done.returncode == 0, done.stderr
    assert "DisplayName: 1.0 → 2.0" in done.stdout
    assert "no lock file" not in done.stdout


def test_fails_on_packages_that_cannot_be_installed(project: Path, ecs_envoy: Run, tmp_path: Path) -> None:
    lock(project, "3.0", tmp_path)
    done = ecs_envoy("diff")
    assert done.returncode == 2
    assert "requirements.txt: its packages cannot be installed" in done.stderr
