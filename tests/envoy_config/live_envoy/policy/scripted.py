"""Tasks that do what a call asks for, attempt by attempt, and note what they begin."""

import json
import threading
import time
from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import grpc

from tests.conftest import random_block
from tests.envoy_config.live_envoy.rig import Handler, Live, channel_to, envoy, task
from tests.waiting import FOREVER

PROTO = "learning.v1.Lessons"
UNTOUCHED: dict[str, Any] = {"health_check": {"type": "none"}, "outlier_detection": {"type": "none"}}
"""So that only the policy of a call decides."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What the task does with an attempt of a call."""

    fails: str | None = None
    """The status that it answers, such as UNAVAILABLE; none by default."""
    headers_first: bool = False
    """Whether it sends its headers before the status, and a message before it waits."""
    trailers: tuple[tuple[str, str], ...] = ()
    waits: bool = False
    """Whether it waits until the call is ended by somebody else."""
    pause: float = 0
    """Seconds until it answers."""


@dataclass(kw_only=True)
class Seen:
    """What a client and the tasks saw of a call."""

    status: str
    message: str
    answers: list[bytes]
    begun: list[str]
    """The tasks that began an attempt, by address."""


class Scripted:
    """Tasks behind an Envoy, which do what a call asks for."""

    def __init__(self) -> None:
        self._begun: defaultdict[str, list[str]] = defaultdict(list)
        self._lock = threading.Lock()
        self.ended: defaultdict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(0))
        """Counts the attempts of a call that waited, and that somebody ended."""
        self._calls = 0
        self._channel: grpc.Channel | None = None

    def answer(self, address: str, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        asked = json.loads(request)
        with self._lock:
            number = len(self._begun[asked["id"]])
            self._begun[asked["id"]].append(address)
        script = asked["attempts"]
        what = Attempt(**script[number]) if number < len(script) else Attempt()
        if what.headers_first:
            context.send_initial_metadata(())
        if what.waits:
            ended = threading.Event()
            if what.headers_first:
                yield b"begun"
            if context.add_callback(ended.set):
                assert ended.wait(FOREVER)
            self.ended[asked["id"]].release()
        time.sleep(what.pause)
        if what.fails:
            context.set_trailing_metadata(tuple((name, value) for name, value in what.trailers))
            context.abort(grpc.StatusCode[what.fails], "as asked")
        yield address.encode()

    def call(
        self,
        method: str,
        *attempts: Attempt,
        call_id: str | None = None,
        deadline: float = FOREVER,
        metadata: Sequence[tuple[str, str]] = (),
        size: int = 0,
    ) -> Seen:
        """Make a call of at least `size` bytes whose attempts are `attempts`, and those after them good."""
        self._calls += 1
        name = call_id or f"{method}-{self._calls}"
        request = json.dumps(
            {"id": name, "attempts": [vars(attempt) for attempt in attempts], "x": "x" * size}
        )
        assert self._channel
        stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(f"/{PROTO}/{method}")
        running: Any = stub(request.encode(), timeout=deadline, metadata=tuple(metadata))
        answers: list[bytes] = []
        with suppress(grpc.RpcError):
            answers.extend(running)
        return Seen(
            status=running.code().name,
            message=running.details(),
            answers=answers,
            begun=self.begun(name),
        )

    def begun(self, call_id: str) -> list[str]:
        """Return the tasks that have begun an attempt of a call."""
        with self._lock:
            return list(self._begun[call_id])

    @contextmanager
    def running(
        self,
        folder: Path,
        *,
        tasks: int = 1,
        streaming: Sequence[str] = (),
        **policy: Any,  # noqa: ANN401
    ) -> Generator[Live]:
        """Run them behind an Envoy with `policy`, whose `methods` are short names."""
        block = random_block()
        addresses = [f"{block}.{number}" for number in range(3, 3 + tasks)]
        policy["methods"] = {f"{PROTO}/{name}": own for name, own in policy.get("methods", {}).items()}
        names = [f"{PROTO}/{name}" for name in streaming]
        with ExitStack() as stack:
            for address in addresses:
                stack.enter_context(task(address, self._of(address), workers=16))
            live = stack.enter_context(
                envoy(folder, block, addresses, streaming_methods=names, **{**UNTOUCHED, **policy})
            )
            self._channel = stack.enter_context(channel_to(live))
            yield live

    def _of(self, address: str) -> Handler:
        return partial(self.answer, address)
