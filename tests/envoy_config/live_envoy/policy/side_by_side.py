"""One Envoy with a service for each of several policies, before the same gRPC tasks."""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from discovery.endpoints import Endpoint
from discovery.endpoints_file import EndpointsFile
from discovery.zones.weights import Balance
from envoy_config import Discovery, Proxy, Service, TrafficPolicy, Upstream
from envoy_config.bootstrap import bootstrap
from envoy_config.rendering import to_json
from rehearsal.account.name_server import Registry
from tests.envoy_config.live_envoy.rig import EVERY_CALL, Handler, Live, channel_to, running, task
from tests.waiting import FOREVER, until

GET = "/learning.v1.Lessons/Get"
Policies = Mapping[str, Mapping[str, Any]]
Metadata = Sequence[tuple[str, str]]


@dataclass
class SideBySide:
    """A running Envoy: a service for each policy, which clients reach by the policy's name."""

    live: Live
    tasks: list[str]
    policies: Policies
    files: dict[str, EndpointsFile]
    served: list[Any]

    @contextmanager
    def client(self, policy: str) -> Generator["Client"]:
        """Yield a client with a connection of its own."""
        with channel_to(self.live, [("grpc.default_authority", f"{policy}.test")]) as channel:  # pyright: ignore[reportArgumentType]
            yield Client(channel)

    def calls(self, policy: str, number: int, metadata: Metadata = ()) -> Counter[str]:
        """Make calls one after the other, and return how many each task got."""
        with self.client(policy) as client:
            return Counter(client.call(metadata) for _ in range(number))

    def endpoints(self, policy: str) -> int:
        """Return how many healthy endpoints Envoy has."""
        return self.stat(f"cluster.{policy}.membership_healthy")

    def stat(self, name: str) -> int:
        """Return the value of one of Envoy's statistics."""
        return int(self.live.admin(f"/stats?filter=^{name}$").split()[-1])


class Client:
    """Makes calls by one connection; each answer names the task."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(GET)

    def open(self, metadata: Metadata = (), request: bytes = b"stay") -> tuple[str, Any]:
        """Begin a call that stays open until it is cancelled; return its task, and the call."""
        call = self.stub(request, timeout=FOREVER, metadata=tuple(metadata))
        return next(call).decode(), call

    def call(self, metadata: Metadata = ()) -> str:
        """Make a call, and return its task."""
        (task,) = self.stub(b"", timeout=FOREVER, metadata=tuple(metadata))
        return task.decode()


def named(address: str) -> Handler:
    """Return a handler that answers with `address`, and then stays open if it is asked to."""

    def answer(request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        yield address.encode()
        if request == b"stay":
            until(lambda: not context.is_active())

    return answer


@contextmanager
def side_by_side(
    folder: Path,
    block: str,
    policies: Policies,
    *,
    tasks: int = 4,
    serve: Callable[[str], Any] | None = None,
    zones: Mapping[str, Sequence[Endpoint]] | None = None,
    balance: Balance | None = None,
    listed: list[str] | None = None,
) -> Generator[SideBySide]:
    """Run Envoy with a service for each policy, before so many tasks.

    Args:
        folder: Where it logs.
        block: The first three parts of the addresses.
        policies: The policies by their names.
        tasks: The number of tasks.
        serve: Runs the task at an address; by default one that answers with the address.
        zones: The endpoints of each policy, which then come from a file; by default DNS lists the tasks.
        balance: The weights of zones in that file.
        listed: What DNS lists, which may change; by default the tasks.

    """
    addresses = [f"{block}.{number}" for number in range(3, 3 + tasks)]
    records = addresses if listed is None else listed
    services = [
        Service(
            name=name,
            address=f"{name}.test.local",
            upstream=Upstream(hosts=[f"{name}.test"]),
            policy=TrafficPolicy(**policy),
            max_tasks=4,
            discovery=Discovery.EDS if zones else Discovery.DNS,
        )
        for name, policy in policies.items()
    ]
    files = {
        name: EndpointsFile(
            folder, name, health_check_port=TrafficPolicy(**policies[name]).health_check.port or 0
        )
        for name in zones or {}
    }
    for name, file in files.items():
        file.write((zones or {})[name], balance)
    proxy = Proxy(name="grpc", access_log=EVERY_CALL, endpoints_folder=str(folder))
    with ExitStack() as stack:
        served = [
            stack.enter_context(serve(address) if serve else task(address, named(address), workers=16))
            for address in addresses
        ]
        text = to_json(bootstrap(proxy, services))
        live = stack.enter_context(running(folder, block, text, lambda _name: Registry(records, 1)))
        yield SideBySide(live, addresses, policies, files, served)
