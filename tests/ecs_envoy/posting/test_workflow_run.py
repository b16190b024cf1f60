"""The comment that a second workflow posts: the first one may have run a stranger's code."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ecs_envoy.posting.comment import marker
from tests.conftest import ROOT
from tests.ecs_envoy.posting.composite import Ran, run_action
from tests.ecs_envoy.posting.conftest import EVENTS
from tests.ecs_envoy.posting.stubs import Answer, Stub

pytestmark = pytest.mark.process

ACTION = ROOT / ".github/actions/comment/action.yml"
KEY = "0123456789ab"
NAME = f"ecs-envoy-review-{KEY}"
EVENT: dict[str, Any] = json.loads((EVENTS / "workflow_run.json").read_text())
RUN = EVENT["workflow_run"]
ABOVE = "<sub>The code of this pull request wrote what follows.</sub>"

Post = Callable[[], Ran]


def archive(**files: str | bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, text in files.items():
            writer.writestr({"comment": "comment.md", "number": "pull-request"}[name], text)
    return content.getvalue()


def damaged() -> bytes:
    content = bytearray(archive(comment="a line of text\n" * 100, number="7"))
    content[45:55] = b"\xff" * 10  # within the compressed comment
    return bytes(content)


def made(stub: Stub, content: bytes, *, name: str = NAME, size: int | None = None) -> None:
    """Let the run have an artifact."""
    listed = {"id": 11, "name": name, "size_in_bytes": len(content) if size is None else size}
    others = {"id": 12, "name": "wheel", "size_in_bytes": 10**9}
    runs = f"/repos/acme/learning/actions/runs/{RUN['id']}/artifacts"
    stub.further[runs] = Answer(body={"total_count": 2, "artifacts": [others, listed]})
    place = {"Location": f"{stub.address}/storage?signature=secret"}
    stub.further["/repos/acme/learning/actions/artifacts/11/zip"] = Answer(status=302, headers=place)
    stub.further["/storage"] = Answer(body=content)


def pull_request(stub: Stub, number: int, **head: object) -> None:
    """Let the repository have a pull request, by default that of the run."""
    of_run = {"ref": RUN["head_branch"], "sha": RUN["head_sha"], "repo": RUN["head_repository"]}
    values = {"number": number, "head": {**of_run, **head}, "base": {"repo": EVENT["repository"]}}
    stub.further[f"/repos/acme/learning/pulls/{number}"] = Answer(body=values)


@pytest.fixture
def post(job: Mapping[str, str], tmp_path: Path) -> Post:
    """Runs the action that posts, as `.github/workflows/comment.yml` does."""
    event = {"GITHUB_EVENT_PATH": str(EVENTS / "workflow_run.json"), "GITHUB_EVENT_NAME": "workflow_run"}
    variables = {**job, **event, "RUNNER_TEMP": str(tmp_path)}
    return lambda: run_action(ACTION, {}, variables, without=frozenset())


def test_the_comment_of_a_fork_is_posted(stub: Stub, post: Post) -> None:
    made(stub, archive(comment="### prod: nothing is replaced\n", number="7\n"))
    pull_request(stub, 7)
    done = post()
    assert (done.status, done.log) == (0, "the comment: created\n"), done.log
    assert stub.writes == ["POST /repos/acme/learning/issues/7/comments"]
    assert stub.texts == [f"{marker(KEY)}\n{ABOVE}\n\n### prod: nothing is replaced\n"]


def test_the_token_goes_to_the_api_only(stub: Stub, post: Post) -> None:
    made(stub, archive(comment="text", number="7"))
    pull_request(stub, 7)
    post()
    assert [q.path for q in stub.asked if not q.authorized] == ["/storage"]


def test_what_a_stranger_wrote_hides_nothing_and_calls_nobody(stub: Stub, post: Post) -> None:
    forged = f"<!-- hidden -->\n{marker('ba9876543210')}\n@acme/owners look\u202e at `a@b`\x07\n"
    made(stub, archive(comment=forged, number="7"))
    pull_request(stub, 7)
    post()
    (text,) = stub.texts
    above, _, stranger = text.partition("</sub>\n\n")
    assert above == f"{marker(KEY)}\n{ABOVE.removesuffix('</sub>')}"
    assert stranger == (
        "<\u200b!-- hidden -->\n<\u200b!-- ecs-envoy diff ba9876543210 -->\n"
        "@\u200bacme/owners look at `a@\u200bb`\n"
    )


def test_no_comment_is_posted_about_a_commit_that_is_no_longer_the_newest(stub: Stub, post: Post) -> None:
    made(stub, archive(comment="text", number="7"))
    pull_request(stub, 7, sha="a" * 40)
    done = post()
    assert done.status == 0
    assert done.log == "::notice::no comment is posted: pull request 7 has newer commits\n"
    assert stub.writes == []


@pytest.mark.parametrize(
    "head",
    [
        pytest.param({"repo": {"id": 1}}, id="of another fork"),
        pytest.param({"ref": "other"}, id="of another branch"),
        pytest.param({"repo": None}, id="of a deleted fork"),
    ],
)
def test_fails_for_the_pull_request_of_somebody_else(
    head: Mapping[str, object], stub: Stub, post: Post
) -> None:
    made(stub, archive(comment="text", number="8"))
    pull_request(stub, 8, **head)
    done = post()
    assert done.status == 1
    assert done.log == (
        f"::error::the comment is not posted: {NAME}: names pull request 8, which is not that of the run\n"
    )
    assert stub.writes == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"no archive", "cannot be read: File is not a zip file", id="no archive"),
        pytest.param(archive(number="7"), "cannot be read:", id="no comment"),
        pytest.param(damaged(), "cannot be read:", id="a damaged archive"),
        pytest.param(archive(comment=b"\xff", number="7"), "cannot be read:", id="no text"),
        pytest.param(archive(comment="x", number="7/../8"), "pull-request is no number", id="no number"),
        pytest.param(
            archive(comment="0" * 2_000_000, number="7"), "comment.md has more than 1,000,000", id="a bomb"
        ),
    ],
)
def test_fails_for_an_artifact_that_we_did_not_make(
    content: bytes, message: str, stub: Stub, post: Post
) -> None:
    made(stub, content)
    pull_request(stub, 7)
    done = post()
    assert done.status == 1
    assert done.log.startswith(f"::error::the comment is not posted: {NAME}: ")
    assert message in done.log
    assert done.log.count("\n") == 1
    assert "Traceback" not in done.log
    assert stub.writes == []


@pytest.mark.parametrize("lied", [pytest.param(False, id="as listed"), pytest.param(True, id="not listed")])
def test_fails_for_an_artifact_that_is_too_large(lied: bool, stub: Stub, post: Post) -> None:
    made(stub, b"0" * 1_000_001, size=10 if lied else None)
    done = post()
    assert done.status == 1
    assert "has more than 1,000,000 bytes" in done.log
    assert "signature" not in done.log
    assert ("/storage" in [q.path for q in stub.asked]) == lied


def test_a_run_without_a_comment_is_no_failure(stub: Stub, post: Post) -> None:
    made(stub, b"", name="ecs-envoy-review-../../x")
    done = post()
    assert (done.status, done.log) == (
        0,
        "::notice::no comment is posted, because that run made none\n",
    )
