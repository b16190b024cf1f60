"""The calls of a rehearsal: what the load and the stand-in servers agree on, and what came of each."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

UNARY = "Get"
STREAM = "Watch"
MESSAGES_KEY = "rehearsal-messages"
"""The metadata by which a caller asks a stand-in server for more than one message to each of its own."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One service to call.

    Attributes:
        service: Its name.
        target: What gRPC dials.
        methods: Unary methods to call in turn, as `package.Service/Method`.
        streams: Server-streaming methods of the stand-in server, of which every tenth call is one;
            none for a server of the user's own.
        rate: Calls a second, over all connections.

    """

    service: str
    target: str
    methods: tuple[str, ...]
    streams: tuple[str, ...]
    rate: float


@dataclass(frozen=True)
class Call:
    """What came of one call.

    Attributes:
        at: When it began, by the wall clock, in seconds.
        service: The service that was called.
        task: The task that answered, as it named itself; None where none did.
        milliseconds: How long it took.
        status: Its gRPC status.
        method: Its full name, as `/package.Service/Method`.

    """

    at: float
    service: str
    task: str | None
    milliseconds: float
    status: str
    method: str = ""


def plan_argument(targets: Sequence[Target]) -> str:
    """Return `targets` as the argument of this module."""
    return json.dumps([asdict(target) for target in targets])
