"""The gRPC server that Envoy asks for the endpoints of its services (ADS)."""

import logging
import threading
from collections.abc import Iterator, Mapping
from concurrent import futures
from typing import Any as Json

import grpc

from discovery.xds.assignments import TYPE, Assignments
from discovery.xds.messages_pb2 import DiscoveryRequest, DiscoveryResponse

METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"

MAX_STREAMS = 4
"""Envoy has one stream. A new one may begin before the server has noticed that the old one is gone."""

log = logging.getLogger("discovery")


class _AggregatedDiscovery(grpc.GenericRpcHandler):
    """Answers the one method that Envoy calls."""

    def __init__(self, assignments: Assignments) -> None:
        def stream(
            requests: Iterator[DiscoveryRequest], context: grpc.ServicerContext
        ) -> Iterator[DiscoveryResponse]:
            return _stream(assignments, requests, context)

        self._handler = grpc.stream_stream_rpc_method_handler(
            stream,
            request_deserializer=DiscoveryRequest.FromString,
            response_serializer=DiscoveryResponse.SerializeToString,
        )

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[DiscoveryRequest, DiscoveryResponse] | None":
        """Return the handler of the method; None for every other one."""
        return self._handler if handler_call_details.method == METHOD else None


def _stream(
    assignments: Assignments, requests: Iterator[DiscoveryRequest], context: grpc.ServicerContext
) -> Iterator[DiscoveryResponse]:
    subscription = assignments.subscription()
    if not context.add_callback(subscription.end):
        return

    def read() -> None:
        try:
            for request in requests:
                if request.HasField("error_detail"):
                    log.error("envoy refuses endpoints", extra={"error": request.error_detail.message})
                if request.type_url == TYPE:
                    subscription.want(request.resource_names)
        except grpc.RpcError:
            pass  # Envoy has gone
        finally:
            subscription.end()

    threading.Thread(target=read, name="requests of envoy", daemon=True).start()
    number = 0
    while (resources := subscription.next()) is not None:
        for resource in resources:
            number += 1
            # Each service goes alone, because Envoy reads no further in an answer of which it refuses a part.
            # It keeps the endpoints of services that an answer does not have ("xDS REST and gRPC protocol").
            yield DiscoveryResponse(
                version_info=str(number), nonce=str(number), type_url=TYPE, resources=[resource]
            )


class XdsServer:
    """Serves endpoints to Envoy as long as something refers to it, or to its method `put`.

    grpcio ends a server within a second of the last reference to it: old streams go on, and new connections
    are refused (`_Server.__del__` in grpcio).

    Args:
        address: The `address:port` that it binds, on loopback: the protocol has no password.

    Raises:
        OSError: The port is taken.

    """

    def __init__(self, address: str) -> None:
        self._assignments = Assignments()
        self._server = grpc.server(
            futures.ThreadPoolExecutor(MAX_STREAMS, thread_name_prefix="xds"),
            handlers=[_AggregatedDiscovery(self._assignments)],
            options=[("grpc.so_reuseport", 0)],
        )
        try:
            self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(0, "the port is taken") from error
        self._server.start()

    def put(self, name: str, assignment: Mapping[str, Json]) -> None:
        """Let every stream send `assignment`, a `ClusterLoadAssignment` in JSON, for service `name`."""
        self._assignments.put(name, assignment)

    def close(self) -> None:
        """End the streams and the server."""
        self._assignments.close()
        self._server.stop(0)
