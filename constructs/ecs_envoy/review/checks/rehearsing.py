"""Rehearses the configurations of HEAD, for `ecs-envoy diff --rehearse`."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ecs_envoy.configuration import load_configuration
from ecs_envoy.configuration.proxies.views import views
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.sections import Checks


def rehearsal_checks(config: Path, *, checkout: Path) -> Checks:
    """Return the figures of a rehearsal of each proxy in the file `config`.

    Args:
        config: The configuration file.
        checkout: The checkout of ecs-envoy whose stacks are deployed to the emulator.

    Raises:
        ConfigurationError: The file has a mistake.

    """
    configuration = load_configuration(config)
    proxies = [view.proxy.name for view in views(configuration)] if configuration.proxies else [None]
    done: list[str] = []
    new: list[str] = []
    for proxy in proxies:
        found, problems = _rehearsed(config, proxy, checkout)
        done += found
        new += problems
    return Checks(done=tuple(done), new=tuple(new))


def _rehearsed(config: Path, proxy: str | None, checkout: Path) -> tuple[list[str], list[str]]:
    what = f"rehearsal of {code(proxy)}" if proxy else "rehearsal"
    # It stays, because the rehearsal's last line names the report in it.
    folder = tempfile.mkdtemp(prefix="ecs-envoy-rehearsal-")
    options = [f"--out={folder}/out", *([f"--proxy={proxy}"] if proxy else [])]
    done = subprocess.run(
        [sys.executable, "-m", "rehearsal", *options, "--", str(config)],
        env={**os.environ, "PYTHONPATH": str(checkout)},
        # Its progress is not a part of the comment.
        stdout=sys.stderr.fileno(),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    try:
        result = json.loads((Path(folder) / "out/result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        lines = done.stderr.strip().splitlines() or ["it gives no reason"]
        return [], [f"{what}: it failed: {lines[-1].replace('`', chr(39))}"]
    return rehearsal_lines(what, result), [f"{what}: {problem}" for problem in result.get("problems", [])]


def rehearsal_lines(what: str, result: Mapping[str, Any]) -> list[str]:
    """Return the figures in a rehearsal's `result.json` as lines."""
    return list(_lines(what, result))


def _lines(what: str, result: Mapping[str, Any]) -> Iterator[str]:
    yield f"{what}: with an L4 load balancer → with Envoy, {result.get('machine', 'this machine')}"
    for before, after in zip(result["before"], result["after"], strict=True):
        yield (
            f"{what}: {code(before['service'])}: CV of requests {_share(before['cv_requests'])} → "
            f"{_share(after['cv_requests'])}, CV of CPU {_share(before['cv_cpu'])} → "
            f"{_share(after['cv_cpu'])}, p99 {before['p99_ms']:.0f} → {after['p99_ms']:.0f} ms, failed calls "
            f"{sum(before['errors'].values())} → {sum(after['errors'].values())} of {after['calls']}"
        )
    for key, name in (("scale_out", "scale-out"), ("roll", "rolling deployment")):
        if change := result.get(key):
            failed = sum(change["errors"].values())
            yield f"{what}: {name} of {code(change['service'])}: {failed} of {change['calls']} calls failed"


def _share(number: float | None) -> str:
    return "unknown" if number is None else f"{number:.3f}"
