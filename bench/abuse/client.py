"""What clients that abuse the proxy have in common."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count

from bench.abuse import frames

SERVICE = "/learning.v1.Lessons"
_said = threading.Event()


def abusing() -> None:
    """Say once that the abuse is in full effect."""
    if not _said.is_set():
        _said.set()
        print("abusing", flush=True)


def request(method: str, *more: tuple[bytes, bytes]) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers of a call of `method`, and `more` of them."""
    path = (b":path", f"{SERVICE}/{method}".encode())
    return (*(path if name == b":path" else (name, value) for name, value in frames.REQUEST), *more)


def forget(connection: socket.socket, ended: threading.Event) -> None:
    """Read what arrives and forget it, as a client that is only busy does."""
    with suppress(OSError):
        while connection.recv(1 << 16):
            pass
    ended.set()


def reading(address: str) -> tuple[socket.socket, threading.Event]:
    """Return a connection whose answers are read and forgotten, and what is set when it has ended."""
    connection, ended = frames.connected(address), threading.Event()
    threading.Thread(target=forget, args=(connection, ended), daemon=True).start()
    return connection, ended


def again_and_again(
    address: str, data: Callable[[int], bytes], *, read: bool = True, rest: float = 0
) -> None:
    """Send `data` of 0, 1, 2 and so on over one connection; open the next if the proxy closes it."""
    while True:
        connection = reading(address)[0] if read else frames.connected(address)
        with connection, suppress(OSError):
            for number in count():
                connection.sendall(data(number))
                if number == 3:
                    abusing()
                time.sleep(rest)
        abusing()
        time.sleep(0.01)


def settle(opened: list[socket.socket]) -> None:
    """Keep connections open, and read nothing of them."""
    time.sleep(1)
    abusing()
    while opened:
        time.sleep(1)
