"""Stand-ins for the APIs of GitHub and GitLab: as much of them as a comment needs, on loopback."""

import json
from collections import deque
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "acme/learning"
BOT = "github-actions[bot]"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer of a stub; `body` is JSON, or bytes as they are."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question that a stub got."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    authorized: bool


@dataclass(kw_only=True)
class Stub:
    """An API with one thread of comments.

    Attributes:
        comments: The comments, as the API has them.
        faults: What the next questions get in place of an answer, by method.
        asked: Every question, in order.
        further: Answers by path, for what is no comment.
        lost_answers: How many comments are created with a 502 as the answer.

    """

    comments: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    faults: dict[str, deque[Answer]] = field(default_factory=dict[str, deque[Answer]])
    asked: list[Question] = field(default_factory=list[Question])
    further: dict[str, Answer] = field(default_factory=dict[str, Answer])
    lost_answers: int = 0
    address: str = ""

    @property
    def writes(self) -> list[str]:
        """What changed something, such as `PATCH /repos/acme/learning/issues/comments/3`."""
        return [f"{q.method} {q.path}" for q in self.asked if q.method != "GET"]

    @property
    def texts(self) -> list[str]:
        return [comment["body"] for comment in self.comments]

    def answer(self, question: Question) -> Answer:
        if waiting := self.faults.get(question.method):
            return waiting.popleft()
        if question.path in self.further:
            return self.further[question.path]
        if not question.authorized:
            return Answer(status=401, body={"message": "Bad credentials"})
        return self._of_comments(question)

    def _of_comments(self, question: Question) -> Answer:
        page, size = (int(question.query.get(name, 1)) for name in ("page", "per_page"))
        match question.method, question.path.split("/")[-2:]:
            case "GET", [_, "comments" | "notes"]:
                shown = self.comments[(page - 1) * size : page * size]
                following = {"X-Next-Page": str(page + 1) if page * size < len(self.comments) else ""}
                return Answer(body=shown, headers=following)
            case "POST", [_, "comments" | "notes"]:
                self.add(question.body["body"])
                if self.lost_answers:
                    self.lost_answers -= 1
                    return Answer(status=502)
                return Answer(status=201, body=self.comments[-1])
            case "PATCH" | "PUT", ["comments" | "notes", number]:
                (found,) = [comment for comment in self.comments if str(comment["id"]) == number]
                found["body"] = question.body["body"].replace("\n", "\r\n")  # as GitHub may give it back
                return Answer(body=found)
            case _:
                return Answer(status=404, body={"message": "Not Found"})

    def add(self, text: str, *, author: str = BOT) -> None:
        """Add a comment; GitHub and GitLab name its author in different fields."""
        number = 1 if author == BOT else 2
        self.comments.append(
            {"id": len(self.comments) + 1, "body": text, "user": {"login": author}, "author": {"id": number}}
        )


@contextmanager
def served(stub: Stub) -> Generator[Stub]:
    """Serve `stub` on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            address = urlsplit(self.path)
            length = int(self.headers.get("Content-Length", 0))
            text = self.rfile.read(length)
            question = Question(
                method=self.command,
                path=address.path,
                query={name: values[0] for name, values in parse_qs(address.query).items()},
                body=json.loads(text) if text else None,
                authorized="Authorization" in self.headers or "PRIVATE-TOKEN" in self.headers,
            )
            stub.asked.append(question)
            answer = stub.answer(question)
            content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = _serve  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    stub.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
