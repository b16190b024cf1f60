"""Synthesize a configuration's templates, without the CDK CLI and without AWS."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class SynthesisFailedError(Exception):
    """The app refused the configuration.

    Attributes:
        exit_status: The app's own: 2 where the configuration is wrong.

    """

    def __init__(self, message: str, exit_status: int) -> None:
        super().__init__(message)
        self.exit_status = exit_status


def synthesize(config: Path, out: Path) -> None:
    """Write the templates of `config` to the folder `out`, as `cdk synth` would.

    Raises:
        SynthesisFailedError: The app did not end well; the message is what it wrote.

    """
    context = {
        **json.loads((ROOT / "cdk.json").read_text())["context"],
        **json.loads((ROOT / "cdk.context.json").read_text()),
        # Nobody asks AWS here: for a VPC that cdk.context.json does not know, the CDK puts a placeholder,
        # whose ids its own validation would refuse.
        "@aws-cdk/core:validateAgainstDefaultRules": False,
        "config": str(config),
    }
    environment = {
        **os.environ,
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps(context),
        # jsii starts the Node that stands beside Python.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    done = subprocess.run(
        [sys.executable, str(ROOT / "app.py")], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SynthesisFailedError(done.stderr.strip(), done.returncode)
