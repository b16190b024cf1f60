"""The listener: the ports that clients dial."""

from envoy_config.address import socket_address
from envoy_config.connection_limit import connection_limit
from envoy_config.http2 import BUFFER_LIMIT_BYTES
from envoy_config.http_connection_manager import http_connection_manager
from envoy_config.messages import AdditionalAddress, Filter, FilterChain, Listener
from envoy_config.model import Proxy, Service
from envoy_config.typed_extension import typed_config


def listener(proxy: Proxy, services: tuple[Service, ...]) -> Listener:
    """Return the listener for gRPC over HTTP/2 without TLS."""
    return Listener(
        name="grpc",
        address=socket_address(proxy.address, proxy.port),
        # One listener, so that all ports share the limit of connections and the routes.
        additional_addresses=[
            AdditionalAddress(address=socket_address(proxy.address, port)) for port in proxy.further_ports
        ],
        per_connection_buffer_limit_bytes=BUFFER_LIMIT_BYTES,
        filter_chains=[
            FilterChain(
                filters=[
                    connection_limit(proxy),
                    Filter(
                        name="envoy.filters.network.http_connection_manager",
                        typed_config=typed_config(http_connection_manager(proxy, services)),
                    ),
                ]
            )
        ],
    )
