"""Tasks for the tests here: well, sick, and in a process of their own."""

from collections.abc import Iterator

import grpc

GET = "/learning.v1.Lessons/Get"


def good(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
    yield b""
