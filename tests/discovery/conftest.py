from collections.abc import Generator

import pytest

from discovery.cloud_map import CloudMap
from discovery.metrics import Metrics
from discovery.pace import Pace
from discovery.poller import Poller
from tests.discovery.polling import GRACE, Clock
from tests.discovery.stub import Stub
from tests.discovery.world import block
from tests.emulator import emulator as emulator


@pytest.fixture
def stub() -> Generator[Stub]:
    server = Stub(f"{block()}.1")
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def poller(stub: Stub, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Generator[Poller]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    poller = Poller(
        cloud_map=CloudMap(endpoint=stub.url, region="eu-west-1", namespace="learning.local"),
        name="lessons",
        service="lessons",
        port=50051,
        pace=Pace(1.0, clock),
        empty_grace=GRACE,
        metrics=Metrics(("lessons",), clock),
    )
    yield poller
    poller.cloud_map.close()
