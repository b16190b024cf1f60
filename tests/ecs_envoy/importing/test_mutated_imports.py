"""Imports of files with mistakes: each ends with a message or a good configuration, without a traceback."""

import copy
import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import cast

import pytest

from ecs_envoy.configuration import load_configuration
from ecs_envoy.importing.app_mesh.mesh_import import import_app_mesh
from ecs_envoy.importing.envoy.bootstrap_import import import_envoy
from ecs_envoy.importing.found import Found
from ecs_envoy.importing.part import BadImportError
from ecs_envoy.importing.reading import read_documents
from ecs_envoy.importing.writing import configuration_text
from tests.ecs_envoy.cli.test_cli import ended
from tests.ecs_envoy.importing.test_imported_files import FILES

WRONG: list[object] = [
    *(None, True, 0, -1, 3.5, 10**30, "", "x", "\ud800", "a\nb: c", "${Token[a]}", "-1s"),
    *([], [1], {}, {"a": 1}, [[]]),
]  # fmt: skip
SOURCES: list[tuple[str, Callable[[Sequence[object]], Found]]] = [
    ("app_mesh/learning.json", import_app_mesh),
    ("app_mesh/methods.json", import_app_mesh),
    ("envoy/by-hand.yaml", import_envoy),
    ("envoy/camel-case.json", import_envoy),
]


def _places(value: object) -> Iterator[tuple[dict[str, object] | list[object], str | int]]:
    if isinstance(value, dict):
        mapping = cast("dict[str, object]", value)
        for key, part in mapping.items():
            yield mapping, key
            yield from _places(part)
    elif isinstance(value, list):
        listed = cast("list[object]", value)
        for index, part in enumerate(listed):
            yield listed, index
            yield from _places(part)


def _mutated(documents: list[object], chance: random.Random) -> list[object]:
    changed = copy.deepcopy(documents)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        places = [place for document in changed for place in _places(document)]
        if not places:
            break
        holder, key = chance.choice(places)
        if chance.random() < 0.2:
            del holder[key]  # type: ignore[arg-type]  # pyright: ignore
        elif chance.random() < 0.3:
            other, name = chance.choice(places)
            holder[key] = copy.deepcopy(other[name])  # type: ignore[index]  # pyright: ignore
        else:
            holder[key] = chance.choice(WRONG)  # type: ignore[index]  # pyright: ignore
    return changed


@pytest.mark.parametrize(("name", "read"), SOURCES, ids=[name for name, _ in SOURCES])
def test_a_mutated_file_ends_with_a_message_or_a_good_configuration(
    name: str, read: Callable[[Sequence[object]], Found], tmp_path: Path
) -> None:
    documents, chance, good = read_documents(FILES / name), random.Random(7), 0
    messages: list[str] = []
    for _ in range(150):
        try:
            text = configuration_text(read(_mutated(documents, chance)))
        except BadImportError as error:
            messages.append(str(error))
            continue
        good += 1
        file = tmp_path / "new.yaml"
        file.write_text(text)
        load_configuration(file)
    assert good > 30
    assert max(map(len, messages)) < 1000


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        pytest.param(
            "app-mesh", "", "empty; give the file that AWS's CLI wrote, or an Envoy bootstrap", id="empty"
        ),
        pytest.param(
            "app-mesh",
            '{"virtualNode": {\n"spec": }}',
            "line 2: not valid JSON: Expecting value; give what `aws --output json` wrote, one output after another",
            id="not JSON",
        ),
        pytest.param(
            "envoy",
            "static_resources:\n  listeners: [",
            "line 2: not valid YAML: expected the node content, but found '<stream end>'; give JSON or YAML",
            id="not YAML",
        ),
        pytest.param(
            "app-mesh",
            "virtualNode: {}\nvirtualNode: {}\n",
            "line 2: 'virtualNode' is given twice; put --- between two outputs, or let `aws --output json` write them",
            id="YAML outputs without a line between them",
        ),
        pytest.param(
            "app-mesh",
            '{"virtualNodes": [{"virtualNodeName": "a"}]}{"virtualNode": {"virtualNodeName": "b", "spec": {}}}',
            "[0].virtualNodes[0]: virtualNode 'a' is listed, but not described; add the output of "
            "`aws appmesh describe-virtual-node` for it",
            id="listed, not described",
        ),
        pytest.param(
            "app-mesh",
            '{"virtualNode": {"virtualNodeName": "a", "spec": {"listeners": {}}}}',
            "virtualNode.spec.listeners: a mapping is not a list; give one in [ ]",
            id="not a list",
        ),
        pytest.param(
            "app-mesh",
            '{"virtualService": {"virtualServiceName": "a", "spec": {}}}',
            "has no virtual node, so nothing says where the tasks are; add the output of "
            "`aws appmesh describe-virtual-node` for each",
            id="no virtual node",
        ),
        pytest.param(
            "app-mesh",
            '{"Stacks": []}',
            "the file: 'Stacks' is no resource of App Mesh; give one of mesh, virtualNode, virtualRouter, "
            "route, virtualService, virtualGateway, gatewayRoute",
            id="another command's output",
        ),
        pytest.param(
            "envoy",
            "admin: {}\n",
            "static_resources: missing, so there are no routes and no clusters; give the bootstrap of an Envoy, "
            "with listeners and clusters",
            id="no routes",
        ),
        pytest.param(
            "envoy",
            "static_resources: {clusters: [{name: a, connect_timeout: 5}], listeners: []}",
            "has no gRPC service that calls could go to; see above why",
            id="no service",
        ),
        pytest.param(
            "envoy", "[" * 3000, "nested deeper than 60 levels; give the file as it was exported", id="nested"
        ),
    ],
)
def test_fails_with_the_place_and_the_cure(
    kind: str,
    text: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file, output = tmp_path / "file", tmp_path / "new.yaml"
    file.write_text(text)
    assert ended(monkeypatch, "import", kind, str(file), "--output", str(output)) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"{file}: {message}"
    assert not output.exists()


def test_fails_if_the_file_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "missing.json"
    assert ended(monkeypatch, "import", "envoy", str(file)) == 2
    assert capsys.readouterr().err == (
        f"{file}: cannot be read: No such file or directory; give a JSON or YAML file\n"
    )


def test_names_with_line_breaks_do_not_reach_the_file(tmp_path: Path) -> None:
    text = json.dumps(read_documents(FILES / "app_mesh/one-node.json"))
    documents = json.loads(
        text.replace('"virtualNodeName": "only"', r'"virtualNodeName": "a\nproxy: {cpu: 512}"')
    )
    file = tmp_path / "new.yaml"
    file.write_text(configuration_text(import_app_mesh(documents)))
    assert load_configuration(file).proxy.cpu == 256
