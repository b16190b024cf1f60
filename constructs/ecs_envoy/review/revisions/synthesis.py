"""Synthesizes a project without the CDK CLI, an account or the network."""

import json
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecs_envoy.review.assembly.reading import Assembly, read_assembly
from ecs_envoy.review.revisions.python_environment import PythonEnvironment

_IN_ENVIRONMENT = 32_000
"""The longest context in a variable, in bytes; a longer one is in a file. The CDK CLI does so, too."""

SETTINGS: Mapping[str, object] = {
    # Constructs' paths are what a reader knows resources by.
    "aws:cdk:enable-path-metadata": True,
    # It names the files of nested stacks.
    "aws:cdk:enable-asset-metadata": True,
    # Nothing is bundled, since that may need Docker.
    "aws:cdk:bundling-stacks": [],
    # Findings are for the comment to say.
    "@aws-cdk/core:failSynthOnValidationErrors": False,
    "@aws-cdk/core:validationReportJson": True,
    # Of our own app; another app has its own way to run cdk-nag, or never does.
    "ecs-envoy:nag": "if-installed",
}


class SynthesisFailedError(Exception):
    """A project cannot be synthesized; the message is the app's own."""


@dataclass(frozen=True, kw_only=True)
class CdkJson:
    """What a project's `cdk.json` says.

    Attributes:
        app: The command that synthesizes.
        context: Its context, with that of `cdk.context.json`.

    """

    app: str
    context: Mapping[str, Any]


def read_cdk_json(project: Path) -> CdkJson:
    """Return what `cdk.json` in `project` says.

    Raises:
        SynthesisFailedError: It is missing, damaged or names no app.

    """
    values = _json(project / "cdk.json")
    if values is None:
        raise SynthesisFailedError(
            f"{project}: has no cdk.json; run ecs-envoy diff in the folder of a CDK app"
        )
    match values.get("app"):
        case str(command) if command:
            app = command
        case [*words] if words:
            app = shlex.join(map(str, words))
        case _:
            raise SynthesisFailedError(f"{project / 'cdk.json'}: app: give the command that synthesizes")
    return CdkJson(
        app=app, context={**values.get("context", {}), **(_json(project / "cdk.context.json") or {})}
    )


def _json(path: Path) -> dict[str, Any] | None:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise SynthesisFailedError(f"{path}: is not JSON: {error}") from None
    if not isinstance(values, dict):
        raise SynthesisFailedError(f"{path}: give a mapping")
    return values  # pyright: ignore[reportUnknownVariableType]


def synthesize(
    project: Path, out: Path, *, environment: PythonEnvironment, context: Mapping[str, object]
) -> Assembly:
    """Synthesize the project into the folder `out`, and return the assembly.

    Args:
        project: The folder of the project.
        out: The folder to write the assembly to.
        environment: How to run the project's code.
        context: What is added to the project's own context.

    Raises:
        SynthesisFailedError: The app fails, or a look-up is missing in `cdk.context.json`.

    """
    cdk = read_cdk_json(project)
    whole = {**cdk.context, **SETTINGS, **context}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S602 - the project's own command, as the CDK CLI runs it
            cdk.app,
            shell=True,
            cwd=project,
            env=_variables(environment, out, whole, Path(folder)),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SynthesisFailedError(_reason(done.stderr, done.stdout))
    if not (out / "manifest.json").is_file():
        raise SynthesisFailedError(
            f"{cdk.app!r} ends well, but writes no cloud assembly; let the app end with app.synth()"
        )
    assembly = read_assembly(out)
    if assembly.missing:
        raise SynthesisFailedError(
            f"cdk.context.json has no answer for {', '.join(assembly.missing)}; look it up once with "
            "credentials (cdk synth), and commit cdk.context.json"
        )
    return assembly


def _variables(
    environment: PythonEnvironment, out: Path, context: Mapping[str, object], folder: Path
) -> dict[str, str]:
    text = json.dumps(context)
    kept = {name: value for name, value in environment.variables.items() if not name.startswith("AWS_")}
    variables = {
        **kept,
        "CDK_OUTDIR": str(out),
        "CDK_CLI_VERSION": "2.1148.1",
        # Nothing is asked, so nothing needs an account.
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if len(text.encode()) <= _IN_ENVIRONMENT:
        return {**variables, "CDK_CONTEXT_JSON": text}
    file = folder / "context.json"
    file.write_text(text, encoding="utf-8")
    return {**variables, "CONTEXT_OVERFLOW_LOCATION_ENV": str(file)}


def _reason(stderr: str, stdout: str) -> str:
    """Return why an app failed: what it says without a traceback, or else the traceback's last line."""
    lines = [line for line in (stderr.strip() or stdout.strip()).splitlines() if line.strip()]
    if not lines:
        return "the app gives no reason"
    if any(line.startswith("Traceback (most recent call last)") for line in lines):
        own = [line for line in lines if line and not line.startswith((" ", "\t", "@jsii"))]
        return own[-1] if own else lines[-1]
    return "\n".join(lines[-20:])
