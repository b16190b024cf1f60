"""Checks a bootstrap with the real Envoy."""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from ecs_envoy.review.programs import program_path


class EnvoyRefusedError(Exception):
    """Envoy does not accept a bootstrap; the message contains Envoy's own."""


def validate_bootstrap(bootstrap: str) -> str | None:
    """Let Envoy validate `bootstrap`, and return Envoy's version; None if there is no Envoy.

    It uses the program `envoy` in the folder of this Python, or else on the PATH.

    Raises:
        EnvoyRefusedError: Envoy refuses it, or warns that a part of it is deprecated.

    """
    path = program_path()
    envoy = shutil.which("envoy", path=path)
    if envoy is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bootstrap.json"
        file.write_text(with_endpoint_files(bootstrap, Path(folder)), encoding="utf-8")
        done = _run(envoy, "--mode", "validate", "-c", str(file))
    warnings = [line for line in done.stderr.splitlines() if "deprecated" in line.lower()]
    if done.returncode or warnings:
        lines = warnings or done.stderr.strip().splitlines() or ["it gives no reason"]
        raise EnvoyRefusedError(f"Envoy refuses the bootstrap: {lines[-1]}")
    found = re.search(r"/(\d+\.\d+\.\d+)", _run(envoy, "--version").stdout)
    return found[1] if found else "of an unknown version"


def with_endpoint_files(bootstrap: str, folder: Path) -> str:
    """Return `bootstrap` with its endpoint files in `folder`: Envoy refuses files that do not exist."""
    values = json.loads(bootstrap)
    for cluster in values.get("static_resources", {}).get("clusters", []):
        # Somebody else's Envoy may ask a management server instead.
        source = cluster.get("eds_cluster_config", {}).get("eds_config", {}).get("path_config_source")
        if source:
            file = folder / "endpoints" / cluster["name"] / Path(source["path"]).name
            file.parent.mkdir(parents=True)
            file.write_text('{"version_info":"0","resources":[]}', encoding="utf-8")
            source["path"] = str(file)
            if "watched_directory" in source:
                source["watched_directory"]["path"] = str(file.parent)
    return json.dumps(values)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)
