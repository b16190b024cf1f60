"""The overload manager: Envoy sheds load before its container runs out of memory and is killed."""

from datetime import timedelta

from envoy_data_plane.envoy.config.overload.v3 import (
    BufferFactoryConfig,
    OverloadAction,
    OverloadManager,
    ResourceMonitor,
    ScaledTrigger,
    ThresholdTrigger,
    Trigger,
)
from envoy_data_plane.envoy.extensions.resource_monitors.fixed_heap.v3 import FixedHeapConfig

from envoy_config.connection_limit import connection_monitor
from envoy_config.model import Proxy
from envoy_config.typed_extension import typed_config

HEAP_SHARE = 0.8
"""The heap's share of the container's memory; the rest is for code, stacks and the allocator's overhead."""

_FIXED_HEAP = "envoy.resource_monitors.fixed_heap"


def overload_manager(proxy: Proxy) -> OverloadManager:
    """Return the limits that fit the memory of `proxy`."""
    return OverloadManager(
        # The default of 1 s is too long: in that time, clients can send more than the heap may still grow.
        refresh_interval=timedelta(milliseconds=250),
        resource_monitors=[
            ResourceMonitor(
                name=_FIXED_HEAP,
                typed_config=typed_config(
                    FixedHeapConfig(max_heap_size_bytes=proxy.memory_mib * 1024 * 1024)
                ),
            ),
            connection_monitor(proxy),
        ],
        # The smallest stream whose memory Envoy counts holds 16 KiB (2^14 bytes), and the largest of its
        # eight sizes begins at 2 MiB, the window of a call.
        buffer_factory_config=BufferFactoryConfig(minimum_account_to_track_power_of_two=14),
        actions=[
            # The calls that hold most memory end first, and the more, the fuller the heap. Without this, open
            # calls alone can fill it: the windows of thirteen clients are as large as the heap of 512 MiB.
            # Envoy ends at most 50 calls for each change of this value, and none while it is saturated. So it
            # is saturated only where the container is full (measured: saturated at 76 % of the container,
            # Envoy ended 50 calls and then grew to 795 of 256 MiB).
            OverloadAction(
                name="envoy.overload_actions.reset_high_memory_stream",
                triggers=[
                    Trigger(
                        name=_FIXED_HEAP,
                        scaled=ScaledTrigger(scaling_threshold=0.55, saturation_threshold=1.0),
                    )
                ],
            ),
            # Both shares of the heap come from "Configuring Envoy as an edge proxy".
            _action("envoy.overload_actions.shrink_heap", 0.95 * HEAP_SHARE),
            _action("envoy.overload_actions.stop_accepting_requests", 0.98 * HEAP_SHARE),
        ],
    )


def _action(name: str, share: float) -> OverloadAction:
    trigger = Trigger(name=_FIXED_HEAP, threshold=ThresholdTrigger(value=round(share, 3)))
    return OverloadAction(name=name, triggers=[trigger])
