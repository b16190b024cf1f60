"""The overload manager: Envoy sheds load before its container runs out of memory and is killed."""

from datetime import timedelta

from envoy_config.connection_limit import close_idle_connections, connection_monitor
from envoy_config.http2 import MIB
from envoy_config.messages import (
    BufferFactoryConfig,
    FixedHeapConfig,
    OverloadAction,
    OverloadManager,
    ResourceMonitor,
    ScaledTrigger,
    ThresholdTrigger,
    Trigger,
)
from envoy_config.model import Proxy
from envoy_config.typed_extension import typed_config

HEAP_SHARE = 0.8
"""The heap's share of the container's memory; the rest is for code, stacks and the allocator's overhead."""

REFUSE_SHARE = 0.98 * HEAP_SHARE
"""The heap's share of the container's memory from which on Envoy refuses new calls."""

RESET_SHARE = 0.5
"""The heap's share of the container's memory from which on the calls that hold most memory end."""

_HEAP = "envoy.resource_monitors.fixed_heap"


def overload_manager(proxy: Proxy) -> OverloadManager:
    """Return the limits that fit the memory of `proxy`."""
    return OverloadManager(
        # Envoy ends at most 50 calls each time, so this bounds how much faster than Envoy a flood can be. The
        # default of 1 s is far too long: in that time, clients can send more than the heap may still grow.
        refresh_interval=timedelta(milliseconds=50),
        resource_monitors=[
            ResourceMonitor(
                name=_HEAP,
                typed_config=typed_config(FixedHeapConfig(max_heap_size_bytes=proxy.memory_mib * MIB)),
            ),
            connection_monitor(proxy),
        ],
        # Envoy counts the memory of each call in eight sizes. The smallest begins at 8 KiB (2^13 bytes), so
        # that a call with small messages is not counted: to count it costs 1.4 % of the work on it. The
        # largest begins at 1 MiB, and its calls end first. The others follow as the heap grows, down to
        # 64 KiB before Envoy has to refuse new calls, which would hurt other clients.
        buffer_factory_config=BufferFactoryConfig(minimum_account_to_track_power_of_two=13),
        actions=[
            # Without this, open calls alone can fill the heap: one client may have 1,024, and each can hold
            # 3 MiB that the client does not read (docs/limits.md). Envoy ends at most 50 calls for each
            # change of this value, and none while it is saturated. So it is saturated only where the
            # container is full.
            OverloadAction(
                name="envoy.overload_actions.reset_high_memory_stream",
                triggers=[
                    Trigger(
                        name=_HEAP,
                        scaled=ScaledTrigger(scaling_threshold=RESET_SHARE, saturation_threshold=1.0),
                    )
                ],
            ),
            # Both shares of the heap come from "Configuring Envoy as an edge proxy".
            _action("envoy.overload_actions.shrink_heap", 0.95 * HEAP_SHARE),
            _action("envoy.overload_actions.stop_accepting_requests", REFUSE_SHARE),
            close_idle_connections(),
        ],
    )


def _action(name: str, share: float) -> OverloadAction:
    trigger = Trigger(name=_HEAP, threshold=ThresholdTrigger(value=round(share, 3)))
    return OverloadAction(name=name, triggers=[trigger])
