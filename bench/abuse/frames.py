"""HTTP/2 by hand, for what no gRPC library sends: frames, and headers in clear text."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

from rehearsal.processes import PATIENCE_SECONDS

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    *(0, 1, 2, 3, 4),
    *(6, 7, 8, 9),
)
END_STREAM, ACK, END_HEADERS = 1, 1, 4
REQUEST = (
    (b":method", b"POST"),
    (b":scheme", b"http"),
    (b":path", b"/learning.v1.Lessons/Get"),
    (b":authority", b"lessons"),
    (b"content-type", b"application/grpc"),
    (b"te", b"trailers"),
)
RESPONSE = ((b":status", b"200"), (b"content-type", b"application/grpc"))
GRPC_MESSAGE = b"\0\0\0\0\0"  # one without content


@dataclass(frozen=True)
class Frame:
    """A frame that the other side sent."""

    kind: int
    flags: int
    stream: int
    payload: bytes


def frame(kind: int, stream: int = 0, payload: bytes = b"", flags: int = 0) -> bytes:
    """Return a frame (RFC 9113, 4.1)."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def header_block(headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Return headers as literals without an index (RFC 7541, 6.2.2)."""
    return b"".join(b"\0" + _text(name) + _text(value) for name, value in headers)


def _text(text: bytes) -> bytes:
    """Return `text` after its length, a number with a prefix of seven bits (RFC 7541, 5.1 and 5.2)."""
    length = len(text)
    if length < 127:
        return bytes([length]) + text
    encoded, rest = bytearray([127]), length - 127
    while rest >= 128:
        encoded.append(rest % 128 + 128)
        rest //= 128
    return bytes([*encoded, rest]) + text


def headers_frame(stream: int, headers: tuple[tuple[bytes, bytes], ...], *, last: bool = False) -> bytes:
    """Return a HEADERS frame with all `headers`; `last` ends the stream."""
    flags = END_HEADERS | (END_STREAM if last else 0)
    return frame(HEADERS, stream, header_block(headers), flags)


def received(connection: socket.socket) -> Iterator[Frame]:
    """Yield each frame that arrives until the other side closes the connection."""
    connection.settimeout(PATIENCE_SECONDS)
    while header := _exactly(connection, 9):
        payload = _exactly(connection, int.from_bytes(header[:3], "big"))
        yield Frame(header[3], header[4], int.from_bytes(header[5:], "big") & 0x7FFFFFFF, payload)


def _exactly(connection: socket.socket, count: int) -> bytes:
    try:
        return connection.recv(count, socket.MSG_WAITALL) if count else b""
    except OSError:
        return b""


def connected(address: str, source: str = "") -> socket.socket:
    """Return a connection from `source` to the server at `address`, with the client's preface sent."""
    connection = socket.create_connection((address, 50051), PATIENCE_SECONDS, source_address=(source, 0))
    connection.sendall(PREFACE + frame(SETTINGS) + frame(SETTINGS, flags=ACK))
    return connection
