"""What a rehearsal's processes are, and whether they are gone."""

import threading
import time
from collections.abc import Collection
from subprocess import Popen

import psutil

from tests.waiting import FOREVER


def descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def gone(processes: Collection[psutil.Process]) -> bool:
    """Wait until all have ended; nobody may be there to reap them."""
    _, alive = psutil.wait_procs(processes, timeout=FOREVER)
    return all(process.status() == psutil.STATUS_ZOMBIE for process in alive)


class Watcher(threading.Thread):
    """Notes each second which processes a rehearsal has, and where they listen beyond loopback."""

    def __init__(self, running: Popen[str]) -> None:
        super().__init__()
        self._running = running
        self.seen: set[psutil.Process] = set()
        self.beyond_loopback: set[str] = set()

    def run(self) -> None:
        while self._running.poll() is None:
            self.seen.update(descendants(self._running.pid))
            self.beyond_loopback |= _listening_beyond_loopback({process.pid for process in self.seen})
            time.sleep(1)


def _listening_beyond_loopback(pids: set[int]) -> set[str]:
    connections = (c for c in psutil.net_connections("inet") if c.pid in pids)
    # gRPC binds an IPv4 address through a socket of both families.
    bound = {
        c.laddr.ip.removeprefix("::ffff:") for c in connections if c.laddr and c.status == psutil.CONN_LISTEN
    }
    return {address for address in bound if not address.startswith("127.")}
