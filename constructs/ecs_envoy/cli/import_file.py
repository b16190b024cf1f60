"""`ecs-envoy import`: writes a configuration file from a mesh of App Mesh, or from an Envoy bootstrap."""

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from ecs_envoy.cli.ending import BAD_INPUT, fail
from ecs_envoy.cli.whole_file import print_or_write
from ecs_envoy.importing.app_mesh.mesh_import import import_app_mesh
from ecs_envoy.importing.envoy.bootstrap_import import import_envoy
from ecs_envoy.importing.found import Found, printable
from ecs_envoy.importing.part import BadImportError
from ecs_envoy.importing.reading import read_documents
from ecs_envoy.importing.writing import configuration_text

_FILE = click.argument("file", type=click.Path(path_type=Path))
_OUTPUT = click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="the new file to write, instead of printing it",
)


@click.group("import", short_help="Write a configuration file from another system's.")
def import_file() -> None:
    """Write a configuration file from a mesh of App Mesh, or from an Envoy bootstrap.

    What has no counterpart is listed on standard error, with the reason and what to do instead. FIXME in the
    file marks what has to be filled in.
    """


@import_file.command("app-mesh", short_help="From the outputs of aws appmesh describe-...")
@_FILE
@_OUTPUT
def app_mesh(file: Path, output: Path | None) -> None:
    """Write a configuration file from FILE, which holds outputs of `aws appmesh describe-...`.

    docs/import.md has a shell loop that writes FILE.

    \b
    Examples:
      ecs-envoy import app-mesh mesh.json
      ecs-envoy import app-mesh mesh.json --output config/prod.yaml
    """
    _import(file, output, import_app_mesh)


@import_file.command("envoy", short_help="From an Envoy bootstrap.")
@_FILE
@_OUTPUT
def envoy(file: Path, output: Path | None) -> None:
    """Write a configuration file from FILE, an Envoy bootstrap of API v3 in YAML or JSON.

    \b
    Examples:
      ecs-envoy import envoy envoy.yaml
      ecs-envoy import envoy envoy.yaml --output config/prod.yaml
    """
    _import(file, output, import_envoy)


def _import(file: Path, output: Path | None, read: Callable[[Sequence[object]], Found]) -> None:
    found: Found | None = None
    if output and output.is_file():  # in which FIXMEs may have been filled in
        fail(f"{output}: exists already; give another file, or remove it", BAD_INPUT)
    try:
        found = read(read_documents(file))
        text = configuration_text(found)
    except BadImportError as error:
        _show_notes(found)
        fail(f"{file}: {printable(str(error))}", BAD_INPUT)
    _show_notes(found)
    print_or_write(text, output)


def _show_notes(found: Found | None) -> None:
    """List what has no counterpart; the configuration alone goes to standard output."""
    for note in dict.fromkeys(found.notes if found else []):
        click.echo(str(note), err=True)
