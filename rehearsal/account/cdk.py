"""The real CDK CLI, which deploys to the emulator and has a home folder of its own."""

import os
import shlex
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from rehearsal.account.aws import Aws
from rehearsal.processes import ROOT, Process, Processes


class CdkFailedError(Exception):
    """The CDK CLI failed; the message says why and names its log."""


class Cdk:
    """Runs the CDK CLI.

    Args:
        processes: The group that the CLI's processes belong to, which ends them in any case.
        aws: The account to deploy to.
        folder: The CLI's home and working folder, so that the user's `~/.cdk` and the checkout's
            `cdk.context.json` and `cdk.out` stay as they are.
        stop: Set when the rehearsal has to end.

    """

    def __init__(self, processes: Processes, aws: Aws, folder: Path, stop: threading.Event) -> None:
        self._processes = processes
        self._aws = aws
        self._folder = folder
        self._stop = stop
        (folder / "home").mkdir(parents=True, exist_ok=True)

    def start_synth(self, config: Path, assembly: Path) -> Process:
        """Start to synthesize `config` into the folder `assembly`; VPCs are looked up in the emulator."""
        name = f"synth-{assembly.name}"
        folder = self._folder / name
        folder.mkdir()
        shutil.copy(ROOT / "cdk.json", folder)
        return self._start(
            name,
            ["synth", "--quiet", "--output", str(assembly), "--context", f"config={config}"],
            app=shlex.join([sys.executable, str(ROOT / "app.py")]),
            folder=folder,
        )

    def start_bootstrap(self) -> Process:
        """Start `cdk bootstrap`, which makes what every deployment needs."""
        folder = self._folder / "bootstrap"
        folder.mkdir()
        return self._start(
            "bootstrap", ["bootstrap", f"aws://{self._aws.account}/{self._aws.region}"], folder=folder
        )

    def start_deploy(self, assembly: Path, *stacks: str) -> Process:
        """Start to deploy `stacks` alone, or all stacks if none is given, from the synthesized `assembly`."""
        selection = ["--exclusively", *stacks] if stacks else ["--all"]
        options = ["--require-approval", "never", "--progress", "events"]
        name = f"deploy-{assembly.name}"
        return self._start(name, ["deploy", *selection, *options], app=str(assembly), folder=self._folder)

    def wait(self, process: Process, on_wait: Callable[[], object]) -> None:
        """Wait until `process`, which one of the methods above returned, has ended with status 0.

        Args:
            process: The process.
            on_wait: Called again and again while this waits.

        Raises:
            CdkFailedError: It ended with another status.
            KeyboardInterrupt: The rehearsal has to end.

        """
        while not process.wait(0.2):
            if self._stop.is_set():
                raise KeyboardInterrupt
            on_wait()
        if process.status():
            raise CdkFailedError(_failure(process))

    def _start(self, name: str, arguments: list[str], *, folder: Path, app: str | None = None) -> Process:
        cdk = ROOT / "node_modules/.bin/cdk"
        if not cdk.exists():
            raise CdkFailedError(f"no CDK CLI at {cdk}; run make setup")
        command = [str(cdk), *arguments, "--no-notices", "--no-color", "--ci"]
        if app:
            command += ["--app", app]
        environment = {
            **self._aws.environment(),
            # CDK_HOME would be enough for the CLI, but the CDK's library always writes to ~/.cdk.
            "HOME": str(self._folder / "home"),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            # jsii unpacks the CDK's library once. Here it goes into .venv, not into the user's cache.
            "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path(sys.prefix) / "jsii-cache"),
            "CDK_DOCKER": str(ROOT / "rehearsal/account/docker_stand_in.sh"),
            # The virtual environment has its own Node, which comes first.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }
        return self._processes.start(name, command, environment=environment, folder=folder)


def _failure(process: Process) -> str:
    text = process.out.read_text(errors="replace") + process.err.read_text(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "rror" in line or "ailed" in line]
    first = (errors or lines or ["it wrote nothing"])[0]
    return f"cdk {process.name} failed with status {process.status()}; see {process.err}: {first}"
