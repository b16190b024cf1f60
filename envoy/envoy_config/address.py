"""Addresses that Envoy listens on and connects to."""

from envoy_config.messages import Address, SocketAddress


def socket_address(host: str, port: int) -> Address:
    """Return the TCP address of `host` (an IP address or a DNS name) and `port`."""
    return Address(socket_address=SocketAddress(address=host, port_value=port))
