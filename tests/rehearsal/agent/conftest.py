from collections.abc import Generator

import pytest

from tests.emulator import Emulator
from tests.rehearsal.agent.one_service import SERVER, World
from tests.waiting import until


@pytest.fixture
def world(emulator: Emulator) -> Generator[World]:
    world = World(emulator, SERVER)
    with world.agent:
        try:
            yield world
        finally:
            emulator.aws.ecs().delete_service(cluster="shared", service="lessons", force=True)
            until(lambda: not world.agent.tasks())
    assert world.agent.failure is None
