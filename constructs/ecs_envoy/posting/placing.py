"""Puts a comment into a thread of comments: once, and then up to date."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ecs_envoy.posting.api import ApiError
from ecs_envoy.posting.comment import is_of, same

_TRIES = 2
_MAY_NOT = {401, 403, 404}  # GitHub and GitLab say 404 for what the token may not even know of


class ForbiddenError(Exception):
    """The token may not do this; the message has the API's reason."""


@dataclass(frozen=True, kw_only=True)
class Comment:
    """A comment in a thread.

    Attributes:
        number: The API's number of it.
        text: Its Markdown.
        ours: Whether the account that we write as has written it.

    """

    number: int
    text: str
    ours: bool


class Thread(Protocol):
    """The comments of a pull request or merge request."""

    @property
    def longest(self) -> int:
        """The most characters of a comment."""
        ...

    def comments(self) -> Iterator[Comment]:
        """Yield its comments, the oldest first."""
        ...

    def create(self, text: str) -> None:
        """Add a comment."""
        ...

    def update(self, number: int, text: str) -> None:
        """Give a comment another text."""
        ...


def place(thread: Thread, name: str, text: str) -> str:
    """Make `text` the comment with the key `name`, and return what was done: created, updated, unchanged.

    A comment of another account is never changed, even if it has our marker.

    Raises:
        ApiError: The API fails.
        ForbiddenError: The token may not read or write comments.

    """
    try:
        for again in range(_TRIES):
            found = next((c for c in thread.comments() if c.ours and is_of(c.text, name)), None)
            if found and same(found.text, text):
                return "unchanged"
            try:
                if found:
                    thread.update(found.number, text)
                    return "updated"
                thread.create(text)
                return "created"
            except ApiError as error:
                # It may have been created all the same, so the comments are read again first.
                if found or error.status in range(1, 500) or again == _TRIES - 1:
                    raise
    except ApiError as error:
        if error.status in _MAY_NOT:
            raise ForbiddenError(str(error)) from None
        raise
    raise AssertionError("the last try returns or raises")
