"""The real CDK CLI, aimed at the emulator, with a home of its own."""

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
    """The CDK CLI did not end well; the message says what it did and names its log."""


class Cdk:
    """Runs the CDK CLI.

    Args:
        processes: Ends it, whatever happens.
        aws: The account to deploy to.
        folder: Where the CLI keeps its own files, and where it runs: `~/.cdk`, `cdk.context.json`
            and `cdk.out` of the checkout stay as they are.
        stop: Set where the rehearsal is to end.

    """

    def __init__(self, processes: Processes, aws: Aws, folder: Path, stop: threading.Event) -> None:
        self._processes = processes
        self._aws = aws
        self._folder = folder
        self._stop = stop
        (folder / "home").mkdir(parents=True, exist_ok=True)

    def start_synth(self, config: Path, assembly: Path) -> Process:
        """Start synthesizing `config` into the folder `assembly`; VPCs are looked up in the emulator."""
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
        """Start making what every deployment needs, as `cdk bootstrap` does."""
        folder = self._folder / "bootstrap"
        folder.mkdir()
        return self._start(
            "bootstrap", ["bootstrap", f"aws://{self._aws.account}/{self._aws.region}"], folder=folder
        )

    def start_deploy(self, assembly: Path, *stacks: str) -> Process:
        """Start deploying `stacks`, each alone, or all in their order, from the synthesized `assembly`."""
        chosen = ["--exclusively", *stacks] if stacks else ["--all"]
        options = ["--require-approval", "never", "--progress", "events"]
        name = f"deploy-{assembly.name}"
        return self._start(name, ["deploy", *chosen, *options], app=str(assembly), folder=self._folder)

    def wait(self, process: Process, tell: Callable[[], object]) -> None:
        """Wait until `process`, one of the above, has ended well, and call `tell` meanwhile.

        Raises:
            CdkFailedError: It did not.
            KeyboardInterrupt: The rehearsal is to end.

        """
        while not process.wait(0.2):
            if self._stop.is_set():
                raise KeyboardInterrupt
            tell()
        if process.status():
            raise CdkFailedError(_what_failed(process))

    def _start(self, name: str, arguments: list[str], *, folder: Path, app: str | None = None) -> Process:
        cdk = ROOT / "node_modules/.bin/cdk"
        if not cdk.exists():
            raise CdkFailedError(f"no CDK CLI at {cdk}; run make setup")
        command = [str(cdk), *arguments, "--no-notices", "--no-color", "--ci"]
        if app:
            command += ["--app", app]
        environment = {
            **self._aws.environment(),
            # The CLI would do with CDK_HOME; the CDK's library writes to ~/.cdk whatever that says.
            "HOME": str(self._folder / "home"),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            # jsii unpacks the CDK's library once, beside the library itself and not in the user's cache.
            "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path(sys.prefix) / "jsii-cache"),
            "CDK_DOCKER": str(ROOT / "rehearsal/account/docker_stand_in.sh"),
            # Node is that of the virtual environment.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }
        return self._processes.start(name, command, environment=environment, folder=folder)


def _what_failed(process: Process) -> str:
    text = process.out.read_text(errors="replace") + process.err.read_text(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "rror" in line or "ailed" in line]
    last = (telling or lines or ["it wrote nothing"])[0]
    return f"cdk {process.name} failed with status {process.status()}; see {process.err}: {last}"
