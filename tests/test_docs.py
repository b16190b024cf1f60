"""What the pages name exists, and what they show to paste works."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from concurrent import futures
from pathlib import Path

import grpc
import pytest

from tests.conftest import ROOT
from tests.waiting import FOREVER

PAGES = [
    path
    for path in sorted(ROOT.rglob("*.md"))
    if not {"node_modules", ".venv", "out", "cdk.out", "adr"} & set(path.parts)
]


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])
def test_every_file_of_ours_that_a_page_names_exists(page: Path) -> None:
    folders = "tests|bench|envoy|constructs|rehearsal|monitoring|config|docs|stacks"
    named = re.findall(rf"`((?:{folders})/[\w./-]+\.\w+)`", page.read_text())
    made = {"rehearsal/out/monitoring.png"}  # by a rehearsal
    assert not [name for name in named if name not in made and not (ROOT / name).exists()]


CLIENTS = (ROOT / "docs/clients.md").read_text()
TARGET = "grpc.learning.local:50051"
LIST = "/learning.v1.Lessons/List"


def pasted(language: str, target: str, folder: Path) -> str:
    """Return the page's program, and write the service config beside it, as the page says."""
    (config,) = re.findall(r"^```json\n(.*?)^```", CLIENTS, re.MULTILINE | re.DOTALL)
    (folder / "service_config.json").write_text(config)
    (program,) = re.findall(rf"^```{language}\n(.*?)^```", CLIENTS, re.MULTILINE | re.DOTALL)
    assert program.count(TARGET) == 1
    return program.replace(TARGET, target)


class FailsOnce(grpc.GenericRpcHandler):
    """Answers the first call with UNAVAILABLE, so that only a client with the retry policy succeeds."""

    def __init__(self) -> None:
        self.calls = 0

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        del handler_call_details
        return grpc.unary_unary_rpc_method_handler(self._answer)

    def _answer(self, _request: bytes, context: grpc.ServicerContext) -> bytes:
        self.calls += 1
        if self.calls == 1:
            context.abort(grpc.StatusCode.UNAVAILABLE, "the first call")
        return b"answered"


@pytest.fixture
def target() -> Generator[str]:
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((FailsOnce(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


@pytest.mark.process
def test_the_python_client_of_the_page_works_as_pasted(target: str, tmp_path: Path) -> None:
    use = f"print(channel.unary_unary({LIST!r})(b'', timeout={FOREVER}).decode())\n"
    program = tmp_path / "client.py"
    program.write_text(pasted("python", target, tmp_path) + use)
    done = subprocess.run(
        [sys.executable, program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "answered\n", done.stderr


NODE_USE = """
client.makeUnaryRequest("%s", (b) => b, (b) => b, Buffer.alloc(0), (error, answer) => {
  console.log(error ? error.message : answer.toString());
  client.close();
});
"""


@pytest.mark.process
def test_the_node_client_of_the_page_works_as_pasted(target: str, tmp_path: Path) -> None:
    node = shutil.which("node")
    assert node
    # The reader's own generated client is the only thing that the page cannot have.
    (tmp_path / "lessons_client.js").write_text(
        "exports.LessonsClient = class extends require('@grpc/grpc-js').Client {};"
    )
    program = tmp_path / "client.js"
    program.write_text(pasted("js", target, tmp_path) + NODE_USE % LIST)
    done = subprocess.run(
        [node, program],
        cwd=tmp_path,
        env={**os.environ, "NODE_PATH": str(ROOT / "node_modules")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "answered\n", done.stderr
