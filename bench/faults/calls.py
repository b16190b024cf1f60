"""What the clients and the task server agree on: methods, metadata, and a load's plan."""

import json
from dataclasses import asdict, dataclass

CALL_KEY = "call-id"
"""The metadata key with the call's id."""

TASK_KEY = "task"
"""The metadata key by which the task that answers names itself."""

SHORT, LONG, STREAM, DOWNLOAD, ECHO = "Short", "Long", "Stream", "Download", "Echo"
SHORT_SECONDS, LONG_SECONDS = 0.005, 1.5
STREAM_MESSAGES, STREAM_PAUSE = 8, 0.25
"""A server stream of two seconds."""

CHUNK = 256 * 1024
DOWNLOAD_MESSAGES = 64
"""A download: 64 messages of 256 KiB, 16 MiB in all."""


def proto_service(service: str) -> str:
    """Return the proto service of the lab's service `service`."""
    return f"lab.v1.{service.title()}"


@dataclass(frozen=True, kw_only=True)
class Client:
    """One client, with one channel at a time.

    Attributes:
        name: Its name in the history.
        kind: `old` keeps the channel that it dialled first, so that it looked the name up long ago;
            `young` dials anew on SIGUSR1, so that it has just looked it up when a fault begins; `new`
            dials anew every few seconds, as processes that start.
        policy: gRPC's load-balancing policy.

    """

    name: str
    kind: str
    policy: str = "pick_first"


CLIENTS = (
    Client(name="old", kind="old"),
    Client(name="old-round-robin", kind="old", policy="round_robin"),
    Client(name="young", kind="young"),
    Client(name="young-round-robin", kind="young", policy="round_robin"),
    Client(name="new", kind="new"),
)
"""One connection has one point of failure, and round_robin has two, so both kinds call."""

MIXED = (SHORT, SHORT, LONG, SHORT, SHORT, SHORT, STREAM, SHORT, SHORT, SHORT)
"""The methods of ten calls."""


@dataclass(frozen=True, kw_only=True)
class LoadPlan:
    """What a process of clients does.

    Attributes:
        load: Its name.
        target: What gRPC dials.
        service: The lab's service that it calls.
        rate: Calls a second over all its clients.
        history: The file for its part of the history.
        clients: Its clients.
        methods: The methods to call in turn.
        deadline: The deadline of each call in seconds.
        stream_deadline: The deadline of streams, in seconds.
        resolution_ms: gRPC's least time between two look-ups of a name (30 s by default in every gRPC core).

    """

    load: str
    target: str
    service: str
    rate: float
    history: str
    clients: tuple[Client, ...] = CLIENTS
    methods: tuple[str, ...] = MIXED
    deadline: float = 5.0
    stream_deadline: float = 10.0
    resolution_ms: int = 30_000

    def to_json(self) -> str:
        """Return the plan as a command-line argument."""
        return json.dumps(asdict(self))


def load_plan(text: str) -> LoadPlan:
    """Return the plan that `LoadPlan.to_json` wrote."""
    values = json.loads(text)
    values["clients"] = tuple(Client(**client) for client in values["clients"])
    values["methods"] = tuple(values["methods"])
    return LoadPlan(**values)
