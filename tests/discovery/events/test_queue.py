"""ECS's events in the queue: which messages count, who is told, what happens when the queue fails."""

import json
import threading
from collections.abc import Generator, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import pytest

from discovery.aws import api
from discovery.aws.api import AwsApi, Target
from discovery.events.listener import DEAF_SECONDS, TOLD_SECONDS, Listener
from discovery.events.peers import MAX_BYTES, PATH, Peers
from discovery.events.queue import EventQueue
from discovery.metrics import Metrics
from tests.conftest import random_block
from tests.discovery.polling import Clock
from tests.discovery.stub import Answer, Stub, always, dripping, error, hanging_up, raw
from tests.waiting import FOREVER


class Peer(ThreadingHTTPServer):
    """Another sidecar, which notes what it is told."""

    daemon_threads = True

    def __init__(self, address: str, port: int = 0) -> None:
        super().__init__((address, port), _PeerHandler)
        self.told: list[list[str]] = []
        self.status = 200
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _PeerHandler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        peer = cast("Peer", self.server)
        assert self.path == PATH
        peer.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(peer.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the standard library's name
        pass


class Heard:
    """A listener, and what it says."""

    def __init__(self, stub: Stub, clock: Clock, peer: Peer, gone: str) -> None:
        self.changes: list[set[str]] = []
        self.hearing: list[bool] = []
        self.metrics = Metrics((), clock)
        self.addresses = [gone, str(peer.server_address[0])]
        target = Target(
            endpoint=stub.url, service="sqs", prefix="AmazonSQS", region="eu-west-1", json_version="1.0"
        )
        self.queue = EventQueue(AwsApi(target), "https://sqs.eu-west-1.amazonaws.com/111122223333/events")
        self.listener = Listener(
            self.queue,
            Peers(peer.server_port),
            addresses=lambda: self.addresses,
            changes=self._note,
            hearing=self.hearing.append,
            metrics=self.metrics,
            clock=clock,
        )

    def _note(self, ecs_services: Iterable[str]) -> None:
        self.changes.append(set(ecs_services))

    def metric(self, name: str) -> float:
        lines = self.metrics.text().decode().splitlines()
        return float(next(x for x in lines if x.startswith(f"ecs_envoy_discovery_{name} ")).split()[1])


@pytest.fixture
def peer() -> Generator[Peer]:
    peer = Peer(f"{random_block()}.3")
    yield peer
    peer.close()


@pytest.fixture
def heard(stub: Stub, clock: Clock, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> Generator[Heard]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    for limit in ("PACKET_SECONDS", "CALL_SECONDS"):  # a slow machine is no slow API
        monkeypatch.setattr(api, limit, FOREVER)
    stub.answers = {"DeleteMessageBatch": always({"Successful": []})}
    heard = Heard(stub, clock, peer, f"{random_block()}.9")
    yield heard
    heard.queue.close()


def event(group: object) -> str:
    return json.dumps({"detail-type": "ECS Task State Change", "detail": {"group": group}})


def has(stub: Stub, *bodies: object) -> None:
    """Let the queue answer with these messages."""
    messages: list[dict[str, Any]] = [
        {"ReceiptHandle": f"r{number}", "Body": body} for number, body in enumerate(bodies)
    ]
    stub.answers["ReceiveMessage"] = always({"Messages": messages})


def test_an_event_is_told_to_the_others_and_then_deleted(stub: Stub, heard: Heard, peer: Peer) -> None:
    has(stub, event("service:lessons"), event("service:grading"), event("service:lessons"))
    assert heard.listener.listen() == 0
    assert heard.changes == [{"lessons", "grading"}]
    assert peer.told == [["grading", "lessons"]]
    queue = "https://sqs.eu-west-1.amazonaws.com/111122223333/events"
    receive = {"QueueUrl": queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0, "VisibilityTimeout": 30}
    entries = [{"Id": str(number), "ReceiptHandle": f"r{number}"} for number in range(3)]
    assert stub.asked == [
        ("ReceiveMessage", receive),
        ("DeleteMessageBatch", {"QueueUrl": queue, "Entries": entries}),
    ]
    # The sidecar that did not answer, which the slow pace helps, holds up nothing.
    assert heard.metric("peers_not_told_total") == 1


def test_it_waits_for_a_message_once_it_knows_that_the_queue_can_be_read(stub: Stub, heard: Heard) -> None:
    stub.answers["ReceiveMessage"] = always({})
    heard.listener.listen()
    heard.listener.listen()
    assert [asked["WaitTimeSeconds"] for _, asked in stub.asked] == [0, 20]
    assert heard.hearing == [True]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="not JSON"),
        pytest.param("[1]", id="a list"),
        pytest.param("null", id="null"),
        pytest.param(None, id="no body"),
        pytest.param(7, id="a number"),
        pytest.param('{"detail":"service:lessons"}', id="no detail"),
        pytest.param('{"detail":{}}', id="no group"),
        pytest.param(event("family:lessons"), id="a task without a service"),
        pytest.param(event(["service:lessons"]), id="a list as group"),
        pytest.param(event("service:"), id="no name"),
        pytest.param(event("service:" + "x" * 256), id="a name that ECS does not allow"),
        pytest.param("[" * 100_000, id="deep"),
        pytest.param("x" * 256 * 1024, id="256 KB"),
    ],
)
def test_a_message_that_speaks_of_no_service_is_deleted_and_changes_nothing(
    stub: Stub, heard: Heard, peer: Peer, body: object
) -> None:
    has(stub, body, event("service:lessons"))
    heard.listener.listen()
    assert heard.changes == [{"lessons"}]
    assert peer.told == [["lessons"]]
    assert len(stub.asked[-1][1]["Entries"]) == 2
    assert heard.metric("events_ignored_total") == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(error("AccessDeniedException", 403), id="no permission"),
        pytest.param(error("QueueDoesNotExist"), id="the queue is deleted"),
        pytest.param(error("RequestThrottled"), id="throttled"),
        pytest.param(hanging_up, id="down"),
        pytest.param(raw(b"<html>"), id="no JSON"),
        pytest.param(always({"Messages": {}}), id="no list"),
    ],
)
def test_a_queue_that_fails_for_some_seconds_counts_as_not_heard_until_it_answers(
    stub: Stub, heard: Heard, clock: Clock, answer: Answer
) -> None:
    stub.answers["ReceiveMessage"] = always({})
    heard.listener.listen()
    stub.answers["ReceiveMessage"] = answer
    waits = [heard.listener.listen()]
    assert heard.hearing == [True]
    while clock.now < 1000 + DEAF_SECONDS:
        clock.now += 1
        waits.append(heard.listener.listen())
    assert heard.hearing == [True, False]
    assert all(0 < wait <= 30 for wait in waits)
    stub.answers["ReceiveMessage"] = always({})
    assert heard.listener.listen() == 0
    assert heard.hearing == [True, False, True]


def test_a_queue_that_never_answers_counts_as_not_heard(
    stub: Stub, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "CALL_SECONDS", 0.2)
    stub.answers["ReceiveMessage"] = dripping
    heard.listener.listen()
    assert heard.hearing == [False]


def test_others_are_told_of_a_service_once_in_a_while(
    stub: Stub, heard: Heard, peer: Peer, clock: Clock
) -> None:
    heard.addresses = heard.addresses[1:]
    has(stub, *[event("service:lessons")] * 10)
    for _ in range(100):  # a thousand events
        heard.listener.listen()
    assert len(peer.told) == 1
    assert len(heard.changes) == 100
    clock.now += TOLD_SECONDS
    heard.listener.listen()
    assert len(peer.told) == 2


def test_messages_that_cannot_be_deleted_count_all_the_same(stub: Stub, heard: Heard) -> None:
    has(stub, event("service:lessons"))
    stub.answers["DeleteMessageBatch"] = error("AccessDeniedException", 403)
    assert heard.listener.listen() == 0
    assert heard.changes == [{"lessons"}]


def test_one_that_refuses_is_counted(stub: Stub, heard: Heard, peer: Peer) -> None:
    peer.status = 500
    has(stub, event("service:lessons"))
    heard.listener.listen()
    assert heard.metric("peers_not_told_total") == 2
    assert MAX_BYTES > 200 * 256  # a message about 200 services with the longest names fits
