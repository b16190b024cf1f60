"""Files that another system wrote, beside the configuration that becomes of them, and what has none."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from botocore.model import ListShape, Shape, StructureShape
from botocore.session import Session

from ecs_envoy.configuration import load_configuration
from ecs_envoy.importing.reading import read_documents
from envoy_config.policy.fault import Fault
from tests.conftest import ROOT
from tests.ecs_envoy.cli.test_cli import ended

FILES = ROOT / "tests/ecs_envoy/importing/files"
CASES = [
    pytest.param(kind, file, id=f"{kind} {file.stem}")
    for kind, folder in (("app-mesh", "app_mesh"), ("envoy", "envoy"))
    for file in sorted((FILES / folder).glob("*.*"))
    if not file.name.startswith("expected-")
]


@pytest.mark.parametrize(("kind", "file"), CASES)
def test_a_file_becomes_the_configuration_and_the_list_beside_it(
    kind: str, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, "import", kind, str(file)) == 0
    printed = capsys.readouterr()
    assert printed.out == (file.parent / f"expected-{file.stem}.yaml").read_text()
    assert printed.err == (file.parent / f"expected-{file.stem}.txt").read_text()


@pytest.mark.parametrize(("kind", "file"), CASES)
def test_validate_accepts_what_was_imported_and_so_does_the_real_envoy(
    kind: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new.yaml"
    assert ended(monkeypatch, "import", kind, str(file), "--output", str(new)) == 0
    assert ended(monkeypatch, "validate", str(new)) == 0
    assert "good; its bootstrap is accepted by Envoy 1.40.0" in capsys.readouterr().out


def test_fails_to_overwrite_a_file_in_which_somebody_may_have_filled_in_what_was_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (new := tmp_path / "new.yaml").write_text("mine\n")
    mesh = str(FILES / "app_mesh/one-node.json")
    assert ended(monkeypatch, "import", "app-mesh", mesh, "--output", str(new)) == 2
    assert capsys.readouterr().err.endswith(f"{new}: exists already; give another file, or remove it\n")
    assert new.read_text() == "mine\n"


def _unknown(values: object, shape: Shape, path: str) -> Iterator[str]:
    """Yield the keys in `values` that AWS's API does not have."""
    if isinstance(shape, StructureShape):
        assert isinstance(values, dict), path
        for key, value in cast("dict[str, object]", values).items():
            if key in shape.members:
                yield from _unknown(value, shape.members[key], f"{path}.{key}")
            else:
                yield f"{path}.{key}"
    elif isinstance(shape, ListShape):
        assert isinstance(values, list), path
        for value in cast("list[object]", values):
            yield from _unknown(value, shape.member, path)


@pytest.mark.parametrize("file", ["learning.json", "methods.json", "one-node.json", "node-of-dns.yaml"])
def test_the_meshes_of_these_tests_have_only_keys_of_awss_own_model(file: str) -> None:
    model = Session().get_service_model("appmesh")
    documents = read_documents(FILES / "app_mesh" / file)
    listed = cast("list[object]", documents[0] if isinstance(documents[0], list) else documents)
    for document in listed:
        for key, value in cast("dict[str, object]", document).items():
            kind = key[0].upper() + key[1:]
            if f"Describe{kind}" in model.operation_names:
                shape = model.operation_model(f"Describe{kind}").output_shape
                assert isinstance(shape, StructureShape)
                assert list(_unknown(value, shape.members[key], key)) == []


POLICY = """\
      timeout: 5s
      connect_timeout: 500ms
      retries: {attempts: 3, back_off: {base: 20ms, max: 500ms}}
      outlier_detection: {failures: 4, ejection_time: 2m, max_ejected_percent: 25}
      health_check: {type: grpc, service: learning.v1.Lessons, interval: 3s, unhealthy_threshold: 4}
      circuit_breakers: {max_open_calls: 300, max_pending_calls: 40}
      connections: {max_concurrent_streams: 25}
      methods:
        learning.v1.Lessons/Search: {timeout: 1s}
"""
OURS = f"""\
environment: dev
region: eu-west-1
account: "111122223333"
network: {{vpc_id: vpc-0123456789abcdef0}}
namespace: {{name: learning.local, id: ns-0123456789abcdef}}
proxy: {{port: 50061}}
existing_services:
  lessons:
    address: lessons.corp.example.com:50051
    cidrs: [10.0.0.0/8]
    grpc_services: [learning.v1.Lessons]
    policy:
{POLICY}"""


def test_a_bootstrap_that_render_wrote_gives_the_policy_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, bootstrap, again = (tmp_path / name for name in ("ours.yaml", "bootstrap.json", "again.yaml"))
    ours.write_text(OURS)
    assert ended(monkeypatch, "render", "--format", "json", str(ours)) == 0
    bootstrap.write_text(capsys.readouterr().out)
    assert ended(monkeypatch, "import", "envoy", str(bootstrap), "--output", str(again)) == 0
    before, after = load_configuration(ours), load_configuration(again)
    assert after.proxy.port == 50061
    lessons = after.existing_services["lessons"]
    assert lessons.address == "lessons.corp.example.com:50051"
    expected = before.existing_services["lessons"].policy.model_dump(mode="json", exclude_unset=True)
    found = lessons.policy.model_dump(mode="json")
    assert _part(found, expected) == expected


def _part(found: object, wanted: object) -> object:
    """Return what `found` has at the keys of `wanted`."""
    if not isinstance(found, dict) or not isinstance(wanted, dict):
        return cast("object", found)
    values = cast("dict[str, object]", found)
    return {key: _part(values.get(key), part) for key, part in cast("dict[str, object]", wanted).items()}


def test_a_mesh_may_come_as_one_array_or_as_one_output_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = read_documents(FILES / "app_mesh/learning.json")
    file = tmp_path / "array.json"
    file.write_text(json.dumps(documents))
    assert ended(monkeypatch, "import", "app-mesh", str(file)) == 0
    assert capsys.readouterr().out == (FILES / "app_mesh/expected-learning.yaml").read_text()


def test_a_bootstrap_of_every_policy_gives_back_canaries_mirrors_faults_and_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bootstrap, again = tmp_path / "bootstrap.json", tmp_path / "again.yaml"
    ours = ROOT / "config/policy.yaml"
    assert ended(monkeypatch, "render", "--format", "json", str(ours)) == 0
    bootstrap.write_text(capsys.readouterr().out)
    assert ended(monkeypatch, "import", "envoy", str(bootstrap), "--output", str(again)) == 0
    before, after = load_configuration(ours).services, load_configuration(again).existing_services
    for service, method, key in [
        ("lessons", "learning.v1.Lessons/Get", "canary"),
        ("lessons", "learning.v1.Lessons/List", "mirror"),
        ("progress", "learning.v1.Progress/Save", "max_message_bytes"),
        ("grading", "learning.v1.Grading/Explain", "fault"),
        ("grading", "learning.v1.Grading/Grade", "fault"),
    ]:
        old, new = (found[service].policy.methods[method] for found in (before, after))
        assert getattr(new, key) == getattr(old, key)
    assert after["progress"].policy.load_balancing.hash_header == "x-user"


ABORT = {"grpc_status": 14, "percentage": {"numerator": 100}}
FAULTS = [
    pytest.param(
        {"abort": ABORT, "headers": [{"name": "x-fault", "string_match": {"exact": "yes"}}]},
        {"abort": "unavailable", "header": {"name": "x-fault", "value": "yes"}},
        [],
        id="for a value of a header",
    ),
    pytest.param(
        {"abort": ABORT, "headers": [{"name": "x-fault", "string_match": {"prefix": "y"}}]},
        None,
        ["fault: it is not for one header"],
        id="for a part of a header",
    ),
    pytest.param(
        {"abort": ABORT, "headers": [{"name": "x-fault"}, {"name": "x-user"}]},
        None,
        ["fault: it is not for one header"],
        id="for two headers",
    ),
    pytest.param(
        {"abort": ABORT, "upstream_cluster": "lessons"},
        None,
        ["fault upstream_cluster: a fault is not limited by it"],
        id="for the calls of a cluster",
    ),
    pytest.param(
        {"abort": {"grpc_status": 14}},
        None,
        ["fault abort: its percentage is 0"],
        id="for no call, unless the runtime says so",
    ),
    pytest.param(
        {"abort": ABORT, "delay": {"fixed_delay": "1s", "percentage": {"numerator": 5}}},
        {"abort": "unavailable", "delay": "1s", "percent": 5},
        ["fault: its delay and its status have two percentages"],
        id="with two percentages",
    ),
    pytest.param(
        {"abort": {"http_status": 503, "percentage": {"numerator": 100}}, "max_active_faults": 3},
        None,
        ["fault http_status: it has no key", "fault max_active_faults: it has no key"],
        id="of HTTP",
    ),
]


@pytest.mark.parametrize(("fault", "expected", "notes"), FAULTS)
def test_a_fault_is_for_no_more_calls_than_it_was_for_and_what_is_left_out_is_listed(
    fault: dict[str, object],
    expected: dict[str, object] | None,
    notes: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = (FILES / "envoy/camel-case.json").read_text()
    (old,) = re.findall(r'"delay": \{"fixedDelay".*?\}\}', text)
    (bootstrap := tmp_path / "bootstrap.json").write_text(text.replace(old, json.dumps(fault)[1:-1]))
    assert ended(monkeypatch, "import", "envoy", str(bootstrap), "--output", str(tmp_path / "new.yaml")) == 0
    found = load_configuration(tmp_path / "new.yaml").existing_services["books"].policy.fault
    wanted = None if expected is None else Fault.model_validate(expected)
    assert found == wanted
    printed = capsys.readouterr().err
    assert [note for note in notes if f"listener in: {note}" not in printed] == []
    assert printed.count("fault") >= len(notes)
