"""The tasks of all services: one nginx with a loopback address for each, which counts its calls."""

import os
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import jinja2

from bench.size.environment import CompanyService
from rehearsal.processes import Processes, StartFailedError

PORT = 50051
FLUSH_SECONDS = 2.0
"""By then nginx has written the last calls to its log."""


class Tasks:
    """The tasks of `services`, on addresses below `block`, such as `127.40`.

    Attributes:
        addresses: The addresses of each service's tasks, by its name.

    """

    def __init__(
        self, folder: Path, processes: Processes, block: str, services: Sequence[CompanyService]
    ) -> None:
        self._log = folder / "calls.log"
        self.addresses: dict[str, list[str]] = {}
        last = 0
        for service in services:
            numbers = range(last, last + service.tasks)
            self.addresses[service.name] = [f"{block}.{n // 250}.{n % 250 + 1}" for n in numbers]
            last += service.tasks
        folder.mkdir(exist_ok=True)
        settings = folder / "tasks.conf"
        settings.write_text(_settings(folder, self.all))
        nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        if nginx is None:
            raise StartFailedError("there is no nginx; run apt-get install nginx-light")
        process = processes.start(f"tasks-{len(services)}", [nginx, "-c", str(settings)])
        process.wait_for_port(self.all[-1], PORT)

    @property
    def all(self) -> list[str]:
        """The addresses of all tasks."""
        return [address for addresses in self.addresses.values() for address in addresses]

    def forget(self) -> None:
        """Count from now on."""
        time.sleep(FLUSH_SECONDS)
        os.truncate(self._log, 0)

    def calls(self) -> Counter[str]:
        """Return how many calls each task has got."""
        time.sleep(FLUSH_SECONDS)
        return Counter(self._log.read_text().split())


def _settings(folder: Path, addresses: Sequence[str]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # noqa: S701  # settings of nginx
        trim_blocks=True,
    )
    return environment.get_template("tasks.conf.jinja").render(folder=folder, addresses=addresses, port=PORT)
