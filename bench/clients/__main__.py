"""`make bench-clients`: try settings of gRPC clients, and write `bench/clients.md`. It takes 4 minutes."""

import os
import sys
import tempfile
import time
from pathlib import Path

from bench.clients.calls import Seen, read_calls, seen
from bench.clients.libraries import Library, libraries
from bench.clients.proxies import METHOD, NAME, PORT, PROPAGATION, TTL, Proxies
from bench.markdown import write_markdown
from rehearsal.machine import describe
from rehearsal.processes import Process, Processes, StartFailedError, clean_environment

PAGE = Path(__file__).resolve().parent.parent / "clients.md"
SETTINGS = ("defaults", "recommended")
BEFORE_SECONDS, KILLED_SECONDS, FROZEN_SECONDS = 35, 40, 60
"""The first is longer than 30 s, so that clients may look the name up again when the first proxy leaves."""


def main() -> int:
    """Try everything in one run; return 1 if a process did not start."""
    environment = clean_environment()
    os.environ.clear()
    os.environ.update(environment)
    with tempfile.TemporaryDirectory(prefix="bench-clients-") as name:
        folder = Path(name)
        hosts = folder / "hosts"
        hosts.touch()
        try:
            with Processes(folder) as processes, Proxies(processes, hosts) as proxies:
                results = _run(processes, proxies, libraries(folder, hosts))
        except StartFailedError as error:
            print(f"bench-clients: {error}", file=sys.stderr)
            return 1
    template = Path(__file__).with_name("page.md.jinja")
    write_markdown(template, PAGE, results=results, machine=describe(), propagation=PROPAGATION, ttl=TTL)
    print(f"{PAGE} written")
    return 0


def _run(
    processes: Processes, proxies: Proxies, found: list[Library]
) -> dict[tuple[str, str], dict[str, Seen]]:
    """Return what each client saw, by library and settings, and by what happened."""
    proxies.start("first")
    proxies.start("second")
    clients = {
        (library.name, settings): _start(processes, proxies, library, settings)
        for library in found
        for settings in SETTINGS
    }
    print(f"{len(clients)} clients call", flush=True)
    time.sleep(BEFORE_SECONDS)
    marks: dict[str, tuple[float, float]] = {}

    def mark(what: str, begin: float) -> None:
        marks[what] = begin, time.time()
        print(what, flush=True)

    begin = time.time()
    proxies.start("third", propagation=PROPAGATION)
    proxies.replace("first")
    mark("replaced", begin)
    begin = time.time()
    proxies.start("fourth", propagation=PROPAGATION)
    time.sleep(PROPAGATION + TTL)
    proxies.kill("second")
    time.sleep(KILLED_SECONDS)
    mark("killed", begin)
    begin = time.time()
    proxies.freeze("third")
    time.sleep(FROZEN_SECONDS)
    mark("frozen", begin)
    for client in clients.values():
        client.check()
        client.terminate()
    return {
        key: {what: seen(read_calls(client.out), *times) for what, times in marks.items()}
        for key, client in clients.items()
    }


def _start(processes: Processes, proxies: Proxies, library: Library, settings: str) -> Process:
    target = proxies.target if library.by_name_server else f"dns:///{NAME}:{PORT}"
    name = f"{library.name.partition(' ')[0]}-{settings}"
    command = (*library.command, target, METHOD, settings)
    return processes.start(name, command, environment=library.environment)


if __name__ == "__main__":
    sys.exit(main())
