"""Rules of how much one task of the proxy has open towards a service."""

from collections.abc import Iterator
from datetime import timedelta

from ecs_envoy.plan.policy.subject import PoliciesOfService
from ecs_envoy.plan.rules import Rule
from ecs_envoy.plan.sidecars import envoy_memory_mib
from envoy_config.model import MAX_CONNECTIONS_PER_MIB, OPEN_CALLS_PER_MIB
from envoy_config.settings_error import Finding
from envoy_config.values import duration_text

_BREAKERS = "circuit_breakers"
_FIT = {
    "max_open_calls": ("open calls", OPEN_CALLS_PER_MIB),
    # A call that waits is as large as one that is open: its request and headers are there.
    "max_pending_calls": ("pending calls", OPEN_CALLS_PER_MIB),
    "max_connections": ("connections", MAX_CONNECTIONS_PER_MIB),
    # A call that waits for its next attempt is in no other count.
    "max_retries": ("retries at once", OPEN_CALLS_PER_MIB),
}
"""What fits each MiB of Envoy's memory; connections to tasks are as large as those of clients."""

GRPC_PING_INTERVAL = timedelta(minutes=5)
"""How often a gRPC server lets a client ping it without data (gRPC's guide "Keepalive")."""


def _memory(service: PoliciesOfService) -> Iterator[Finding]:
    task = service.task
    memory_mib = max(envoy_memory_mib(task.memory_mib, task.sidecars), 0)
    for key, (what, per_mib) in _FIT.items():
        given = service.service.source(_BREAKERS, key)
        number, most = getattr(service.whole.circuit_breakers, key), per_mib * memory_mib
        if given and number is not None and number > most:
            problem = f"{number} {what} do not fit Envoy's memory"
            yield given, f"{problem}; give {most} at most, or the proxy more memory"


def _connections(service: PoliciesOfService) -> Iterator[Finding]:
    breakers, tasks = service.whole.circuit_breakers, service.plan.max_tasks or 0
    most, calls = breakers.max_connections, breakers.max_open_calls
    if most is None:
        return
    if most < tasks:
        problem = f"the proxy opens a connection to each of up to {tasks} tasks in any case, more than {most}"
        yield service.service.place(_BREAKERS, "max_connections"), f"{problem}; give {tasks} or more"
    streams = service.whole.connections.max_concurrent_streams
    if calls is not None and most * streams < calls:
        problem = f"{most} connections with {streams} calls each (connections.max_concurrent_streams) hold"
        cure = "give fewer calls, or more connections"
        yield (
            service.service.place(_BREAKERS, "max_open_calls"),
            f"{problem} {most * streams} open calls, so {calls} is never reached; {cure}",
        )


def keepalive_warning(service: PoliciesOfService) -> Iterator[Finding]:
    """Yield that gRPC servers close connections that are pinged so often, unless they allow it."""
    interval = service.whole.connections.keepalive_interval
    if interval < GRPC_PING_INTERVAL:
        often = duration_text(interval)
        problem = f"a gRPC server closes a quiet connection that is pinged every {often}, with its streams"
        # "Keepalive" of gRPC: in grpcio, Java and Go.
        cure = "give 5m, or let the servers allow it: grpc.http2.min_ping_interval_without_data_ms,"
        more = "permitKeepAliveTime or EnforcementPolicy.MinTime"
        yield service.service.place("connections", "keepalive_interval"), f"{problem}; {cure} {more}"


CAPACITY_RULES: tuple[Rule[PoliciesOfService], ...] = (_memory, _connections)
