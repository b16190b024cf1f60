"""The comments of a pull request of GitHub."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ecs_envoy.posting.api import Api
from ecs_envoy.posting.placing import Comment

LONGEST = 65_536
"""The most characters of a comment; GitHub refuses a longer one."""

ACTIONS = "github-actions[bot]"
"""The account that comments with the token of a workflow."""

_PAGES = 100
_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """A pull request.

    Attributes:
        api: GitHub's API.
        repository: `owner/name`.
        number: Its number.
        author: The account that the token comments as.
        longest: The most characters of a comment.

    """

    api: Api
    repository: str
    number: int
    author: str = ACTIONS
    longest: int = LONGEST

    def comments(self) -> Iterator[Comment]:
        """Yield its comments, the oldest first."""
        for page in range(1, _PAGES + 1):
            path = f"{self._issue}/comments?per_page={_PAGE}&page={page}"
            found: list[dict[str, Any]] = self.api.ask("GET", path).json()
            for comment in found:
                user: dict[str, Any] | None = comment["user"]  # that of a deleted account is null
                yield Comment(
                    number=comment["id"],
                    text=comment["body"] or "",
                    ours=user is not None and user["login"] == self.author,
                )
            if len(found) < _PAGE:
                return

    def create(self, text: str) -> None:
        """Add a comment."""
        self.api.ask("POST", f"{self._issue}/comments", {"body": text})

    def update(self, number: int, text: str) -> None:
        """Give a comment another text."""
        self.api.ask("PATCH", f"/repos/{self.repository}/issues/comments/{number}", {"body": text})

    @property
    def _issue(self) -> str:
        return f"/repos/{self.repository}/issues/{self.number}"


def github_api(variables: Mapping[str, str]) -> Api:
    """Return GitHub's API, as a job's variables name it."""
    return Api(
        address=variables["GITHUB_API_URL"].rstrip("/"),
        headers={
            "Authorization": f"Bearer {variables['GITHUB_TOKEN']}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )


def run_page(variables: Mapping[str, str], run: int | str) -> str:
    """Return a link to the page of a workflow's run, where its summary and its artifacts are."""
    address = f"{variables['GITHUB_SERVER_URL']}/{variables['GITHUB_REPOSITORY']}/actions/runs/{run}"
    return f"[The artifact of this run]({address}#artifacts) has the whole."


def escaped(message: str) -> str:
    """Return a message as a workflow command takes it, so that it stays one command."""
    return re.sub(r"[%\r\n]", lambda found: f"%{ord(found[0]):02X}", message)
