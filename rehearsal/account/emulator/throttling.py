"""Refuses a share of the calls to Cloud Map and ECS, as AWS does when an account is over its limits."""

import json
import random
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from rehearsal.account.emulator.ministack_internals import application
from rehearsal.account.throttle import PATH, SHARE

_THROTTLED = (b"Route53AutoNaming_v20170314.", b"AmazonEC2ContainerServiceV20141113.")

_OF_ECS = (b".RegisterInstance", b".DeregisterInstance", b".UpdateInstanceCustomHealthStatus")
"""ECS makes these calls itself, and not by the limits of the account."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class Throttling:
    """Wraps the emulator; a POST to `PATH` sets which share of the calls is refused."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._share = 0.0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["path"] == PATH:
            self._share = float(parse_qs(scope["query_string"].decode())[SHARE][0])
            await _answer(send, 200, {})
        elif scope["type"] == "http" and random.random() < self._share and _is_throttled(scope):
            await _answer(send, 400, {"__type": "ThrottlingException", "message": "Rate exceeded"})
        else:
            await self._app(scope, receive, send)


def _is_throttled(scope: Message) -> bool:
    target = dict(scope["headers"]).get(b"x-amz-target", b"")
    return target.startswith(_THROTTLED) and not target.endswith(_OF_ECS)


async def _answer(send: Send, status: int, body: dict[str, str]) -> None:
    headers = [(b"content-type", b"application/x-amz-json-1.1")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


def patch_ministack() -> None:
    """Put `Throttling` before MiniStack."""
    application.app = Throttling(application.app)
