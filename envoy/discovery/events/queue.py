"""The queue into which EventBridge puts ECS's events."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from discovery.aws.api import AwsApi
from discovery.aws.error import AwsError

WAIT_SECONDS = 20
"""How long SQS waits for a message before it answers: the longest that it allows (ReceiveMessage)."""

MESSAGES = 10
"""The most messages in an answer (ReceiveMessage: MaxNumberOfMessages)."""

INVISIBLE_SECONDS = 30
"""If a sidecar dies with a message in its hands, another gets it after so long."""

MAX_NAME = 255
"""The longest name of an ECS service (API reference: CreateService)."""


@dataclass(frozen=True)
class Message:
    """A message. `ecs_service` is the ECS service whose task changes; None if it speaks of none."""

    receipt: str
    ecs_service: str | None


class EventQueue:
    """The queue at `url`."""

    def __init__(self, api: AwsApi, url: str) -> None:
        self._api = api
        self._url = url

    def receive(self, *, wait: bool) -> list[Message]:
        """Return the next messages, none if there are none; `wait` until one comes.

        Raises:
            AwsError: There is no usable answer.

        """
        seconds = WAIT_SECONDS if wait else 0
        asked = {
            "QueueUrl": self._url,
            "MaxNumberOfMessages": MESSAGES,
            "WaitTimeSeconds": seconds,
            "VisibilityTimeout": INVISIBLE_SECONDS,
        }
        answer = self._api.call("ReceiveMessage", asked, answers_after=seconds)
        listed = answer.get("Messages", [])
        if not isinstance(listed, list):
            raise AwsError("malformed", f"Messages is of type {type(listed).__name__}, not a list")
        return list(_messages(cast("list[object]", listed)))

    def delete(self, messages: list[Message]) -> None:
        """Delete `messages`, at most ten.

        Raises:
            AwsError: There is no usable answer; the messages come again.

        """
        entries = [{"Id": str(n), "ReceiptHandle": message.receipt} for n, message in enumerate(messages)]
        self._api.call("DeleteMessageBatch", {"QueueUrl": self._url, "Entries": entries})

    def close(self) -> None:
        """Close this thread's connection."""
        self._api.close()


def _messages(listed: list[object]) -> Iterator[Message]:
    for item in listed:
        message = cast("dict[str, object]", item) if isinstance(item, dict) else {}
        receipt = message.get("ReceiptHandle")
        if isinstance(receipt, str) and receipt:
            yield Message(receipt, _ecs_service(message.get("Body")))


def _ecs_service(body: object) -> str | None:
    """Return the ECS service in `detail.group`, as in `service:lessons` (Developer Guide, task events).

    Whatever else may be in a message: the queue's policy lets nobody but the rule send, and a sidecar that
    trusts a message does no more than ask Cloud Map.
    """
    try:
        event = cast("dict[str, dict[str, object]]", json.loads(body if isinstance(body, str) else ""))
        kind, _, name = str(event["detail"]["group"]).partition(":")
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return name if kind == "service" and 0 < len(name) <= MAX_NAME else None
