"""The overload manager: Envoy sheds load before its container runs out of memory and is killed."""

from envoy_data_plane.envoy.config.overload.v3 import (
    OverloadAction,
    OverloadManager,
    ResourceMonitor,
    ThresholdTrigger,
    Trigger,
)
from envoy_data_plane.envoy.extensions.resource_monitors.downstream_connections.v3 import (
    DownstreamConnectionsConfig,
)
from envoy_data_plane.envoy.extensions.resource_monitors.fixed_heap.v3 import FixedHeapConfig

from envoy_config.model import Proxy
from envoy_config.typed_extension import typed_config

HEAP_SHARE = 0.8
"""The heap's share of the container's memory; the rest is for code, stacks and the allocator's overhead."""

CONNECTIONS_PER_MIB = 4
"""
The number of client connections for each MiB of the container's memory. At 256 KiB for each connection, Envoy
reaches the limit before it runs out of memory: 2048 connections in 512 MiB.
"""

_FIXED_HEAP = "envoy.resource_monitors.fixed_heap"


def overload_manager(proxy: Proxy) -> OverloadManager:
    """Return the limits that fit the memory of `proxy`."""
    return OverloadManager(
        resource_monitors=[
            ResourceMonitor(
                name=_FIXED_HEAP,
                typed_config=typed_config(
                    FixedHeapConfig(max_heap_size_bytes=int(proxy.memory_mib * 1024 * 1024 * HEAP_SHARE))
                ),
            ),
            ResourceMonitor(
                name="envoy.resource_monitors.global_downstream_max_connections",
                typed_config=typed_config(
                    DownstreamConnectionsConfig(
                        max_active_downstream_connections=proxy.memory_mib * CONNECTIONS_PER_MIB
                    )
                ),
            ),
        ],
        # Both thresholds come from "Configuring Envoy as an edge proxy".
        actions=[
            _action("envoy.overload_actions.shrink_heap", 0.95),
            _action("envoy.overload_actions.stop_accepting_requests", 0.98),
        ],
    )


def _action(name: str, heap_share: float) -> OverloadAction:
    trigger = Trigger(name=_FIXED_HEAP, threshold=ThresholdTrigger(value=heap_share))
    return OverloadAction(name=name, triggers=[trigger])
