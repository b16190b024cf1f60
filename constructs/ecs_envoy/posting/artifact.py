"""The artifact that hands a comment from the job that made it to the workflow that may post it."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecs_envoy.posting.api import Api, ApiError, download

COMMENT = "comment.md"
NUMBER = "pull-request"

_NAME = re.compile(r"ecs-envoy-review-([0-9a-f]{12})")
_LARGEST = 1_000_000  # bytes of an artifact, and of a file in it
_MOST = 20  # artifacts of one run


class BadArtifactError(Exception):
    """An artifact is not what `write` made; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What an artifact says. The code of a pull request made it, so nothing in it is to be trusted.

    Attributes:
        key: Which of the comments it is.
        text: Markdown.
        number: The number of the pull request, as the artifact says it.

    """

    key: str
    text: str
    number: int


def write(folder: Path, text: str, number: int | None) -> Path:
    """Write the files of an artifact, and return that of the comment."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / COMMENT).write_text(text, encoding="utf-8")
    if number is not None:
        (folder / NUMBER).write_text(f"{number}\n", encoding="utf-8")
    return folder / COMMENT


def artifacts(api: Api, repository: str, run: int) -> Iterator[Found]:
    """Yield what the artifacts of a workflow's run say.

    Raises:
        ApiError: The API fails.
        BadArtifactError: An artifact is too large, or is not what it should be.

    """
    path = f"/repos/{repository}/actions/runs/{run}/artifacts?per_page=100"
    listed: list[dict[str, Any]] = api.ask("GET", path).json()["artifacts"]
    ours = [(found[1], item) for item in listed if (found := _NAME.fullmatch(str(item["name"])))]
    if len(ours) > _MOST:
        raise BadArtifactError(f"the run has {len(ours)} artifacts of ours, which is over {_MOST}")
    for key, item in ours:
        if item["size_in_bytes"] > _LARGEST:
            raise BadArtifactError(f"{item['name']}: has more than {_LARGEST:,} bytes")
        yield _found(key, _content(api, f"/repos/{repository}/actions/artifacts/{int(item['id'])}/zip"))


def _content(api: Api, path: str) -> bytes:
    answer = api.ask("GET", path)
    if not (place := answer.headers.get("Location")):
        raise ApiError(f"{path}: the API names no place to load it from", answer.status)
    return download(place, _LARGEST)


def _found(key: str, content: bytes) -> Found:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            text, number = (_member(archive, name) for name in (COMMENT, NUMBER))
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError, ValueError) as error:
        # RuntimeError: it is encrypted or compressed in an unknown way. ValueError: no UTF-8.
        raise BadArtifactError(f"ecs-envoy-review-{key}: cannot be read: {error}") from None
    if not re.fullmatch(r"[1-9][0-9]{0,9}\n?", number):
        raise BadArtifactError(f"ecs-envoy-review-{key}: {NUMBER} is no number")
    return Found(key=key, text=text, number=int(number))


def _member(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as file:
        content = file.read(_LARGEST + 1)  # what the archive says of its length may be wrong
    if len(content) > _LARGEST:
        raise ValueError(f"{name} has more than {_LARGEST:,} bytes")
    return content.decode("utf-8")


def pull_request_of(api: Api, event: Mapping[str, Any], found: Found) -> int | None:
    """Return the number of the pull request whose run made `found`; None if it has newer commits by now.

    Args:
        api: GitHub's API.
        event: The event `workflow_run`, which GitHub wrote.
        found: What the artifact says.

    Raises:
        ApiError: The API fails.
        BadArtifactError: The artifact names a pull request of another branch.

    """
    run, repository = event["workflow_run"], event["repository"]
    pull: dict[str, Any] = api.ask("GET", f"/repos/{repository['full_name']}/pulls/{found.number}").json()
    head: dict[str, Any] = pull["head"]
    # The repository is null once a fork is deleted.
    same_fork = bool(head["repo"]) and head["repo"]["id"] == run["head_repository"]["id"]
    same_branch = same_fork and head["ref"] == run["head_branch"]
    if not same_branch or pull["base"]["repo"]["id"] != repository["id"]:
        name = f"ecs-envoy-review-{found.key}"
        raise BadArtifactError(f"{name}: names pull request {found.number}, which is not that of the run")
    return found.number if head["sha"] == run["head_sha"] else None
