"""Tells the other sidecars of the proxy which ECS services change: each event reaches only one of them."""

import json
from collections.abc import Iterable, Sequence
from typing import cast

import urllib3

PATH = "/changes"
TIMEOUT = urllib3.Timeout(connect=0.5, read=1.0)

MAX_BYTES = 64 * 1024
"""The longest list of names that a sidecar accepts."""


class Peers:
    """The sidecars of the same proxy, at their TCP `port`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._http = urllib3.PoolManager(timeout=TIMEOUT, retries=False, maxsize=1)
        self._silent: set[str] = set()

    def tell(self, addresses: Sequence[str], ecs_services: Iterable[str]) -> int:
        """Tell the sidecars at `addresses` that `ecs_services` change; return how many did not answer.

        Those that were silent before are told last, so that the others do not wait for them.
        """
        body = json.dumps(sorted(ecs_services)).encode()
        silent: set[str] = set()
        for address in sorted(addresses, key=lambda address: address in self._silent):
            host = f"[{address}]" if ":" in address else address
            try:
                answer = self._http.request("POST", f"http://{host}:{self._port}{PATH}", body=body)
                answered = answer.status < 300
            except (urllib3.exceptions.HTTPError, OSError):
                answered = False
            if not answered:
                silent.add(address)
        self._silent = silent
        return len(silent)


def told(body: bytes) -> list[str]:
    """Return the names of ECS services that another sidecar tells.

    Raises:
        ValueError: It is not a list of names.

    """
    names = json.loads(body)
    if not isinstance(names, list) or not all(isinstance(n, str) for n in cast("list[object]", names)):
        raise ValueError("not a list of names")
    return cast("list[str]", names)
