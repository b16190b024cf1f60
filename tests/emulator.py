from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rehearsal.account.aws import Aws
from rehearsal.account.emulator_process import start_emulator
from rehearsal.account.existing import Existing
from rehearsal.processes import Processes

ACCOUNT, REGION = "111122223333", "eu-west-1"

HEALTH_LAG = 1.0
"""Seconds instead of the 30 of Cloud Map."""


@dataclass
class Emulator:
    """A running emulator and the folder for logs."""

    aws: Aws
    logs: Path
    processes: Processes


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Generator[Emulator]:
    folder = tmp_path_factory.mktemp("emulator")
    existing = Existing(
        account=ACCOUNT,
        region=REGION,
        zones=(f"{REGION}a", f"{REGION}b"),
        vpc="vpc-0123456789abcdef0",
        ecs_cluster="shared",
        namespace=("ns-0123456789abcdef", "test.local"),
        cloud_map_services=("lessons", "other"),
        security_groups=("sg-0123456789abcdef0",),
    )
    with Processes(folder) as processes:
        aws = start_emulator(processes, existing, folder / "files", health_lag=HEALTH_LAG)
        yield Emulator(aws, folder, processes)
