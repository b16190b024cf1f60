"""The calls of a rehearsal: what clients and stand-in servers agree on, and the result of each call."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

UNARY = "Get"
STREAM = "Watch"
MESSAGES_KEY = "rehearsal-messages"
"""The metadata key by which a client asks a stand-in server for several answers to each of its messages."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One service to call.

    Attributes:
        service: Its name.
        target: What gRPC dials.
        methods: Unary methods to call in turn, as `package.Service/Method`.
        streams: Server-streaming methods of the stand-in server, which every tenth call uses; empty for
            the user's own server.
        rate: Calls a second over all connections.

    """

    service: str
    target: str
    methods: tuple[str, ...]
    streams: tuple[str, ...]
    rate: float


@dataclass(frozen=True)
class Call:
    """The result of one call.

    Attributes:
        at: When it began, in seconds of the wall clock.
        service: The service that was called.
        task: The `address:port` by which the answering task identified itself; None if it did not.
        milliseconds: How long the call took.
        status: Its gRPC status.
        method: Its full name, as `/package.Service/Method`.
        peer: The `address:port` that the client dialled, if it knows.

    """

    at: float
    service: str
    task: str | None
    milliseconds: float
    status: str
    method: str = ""
    peer: str = ""


def plan_argument(targets: Sequence[Target]) -> str:
    """Return `targets` as the command-line argument of `rehearsal.load.clients`."""
    return json.dumps([asdict(target) for target in targets])


def error_counts(calls: Iterable[Call]) -> dict[str, int]:
    """Return how many of `calls` failed, by gRPC status."""
    return dict(Counter(call.status for call in calls if call.status != "OK"))


def describe_errors(errors: dict[str, int]) -> str:
    """Return `errors` in words; an empty string if there are none."""
    if not errors:
        return ""
    total = sum(errors.values())
    by_status = ", ".join(f"{count} {status}" for status, count in sorted(errors.items()))
    return f"{total} {'call' if total == 1 else 'calls'} failed ({by_status})"
