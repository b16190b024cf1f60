"""The notes of a merge request of GitLab."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ecs_envoy.posting.api import Api
from ecs_envoy.posting.placing import Comment

LONGEST = 1_000_000
"""The most characters of a note, by GitLab's page 'Application limits'."""

_PAGES = 100


@dataclass(frozen=True, kw_only=True)
class MergeRequest:
    """A merge request.

    Attributes:
        api: GitLab's API.
        project: The number of the project.
        number: Its number within the project.
        longest: The most characters of a note.

    """

    api: Api
    project: str
    number: str
    longest: int = LONGEST

    def comments(self) -> Iterator[Comment]:
        """Yield its notes, the oldest first."""
        page = "1"
        for _ in range(_PAGES):
            answer = self.api.ask(
                "GET", f"{self._notes}?order_by=created_at&sort=asc&per_page=100&page={page}"
            )
            notes: list[dict[str, Any]] = answer.json()
            for note in notes:
                yield Comment(number=note["id"], text=note["body"], ours=note["author"]["id"] == self._self)
            page = answer.headers.get("X-Next-Page", "")
            if not page:
                return

    def create(self, text: str) -> None:
        """Add a note."""
        self.api.ask("POST", self._notes, {"body": text})

    def update(self, number: int, text: str) -> None:
        """Give a note another text."""
        self.api.ask("PUT", f"{self._notes}/{number}", {"body": text})

    @property
    def _notes(self) -> str:
        return f"/projects/{self.project}/merge_requests/{self.number}/notes"

    @cached_property
    def _self(self) -> int:
        """The number of the account whose token we have."""
        return self.api.ask("GET", "/user").json()["id"]


def gitlab_api(variables: Mapping[str, str]) -> Api:
    """Return GitLab's API, as a job's variables name it."""
    return Api(
        address=variables["CI_API_V4_URL"].rstrip("/"),
        headers={"PRIVATE-TOKEN": variables["ECS_ENVOY_GITLAB_TOKEN"]},
    )
