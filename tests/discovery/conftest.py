from collections.abc import Generator

import pytest

from discovery.aws import api
from discovery.cloud_map.client import CloudMap
from discovery.cloud_map.source import CloudMapSource
from discovery.metrics import Metrics
from discovery.poller import Poller
from tests.conftest import random_block
from tests.discovery.polling import GRACE, Clock
from tests.discovery.stub import Stub
from tests.emulator import emulator as emulator
from tests.waiting import FOREVER


@pytest.fixture
def stub() -> Generator[Stub]:
    server = Stub(f"{random_block()}.1")
    yield server
    server.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def poller(stub: Stub, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Generator[Poller]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    for limit in ("PACKET_SECONDS", "CALL_SECONDS"):  # a slow machine is no slow API
        monkeypatch.setattr(api, limit, FOREVER)
    poller = Poller(
        source=CloudMapSource(
            cloud_map=CloudMap(
                endpoint=stub.url,
                control_endpoint=stub.url,
                region="eu-west-1",
                namespace="ns-0123456789abcdef",
            ),
            name="lessons",
            service="lessons",
            port=50051,
            health="ALL",
        ),
        name="lessons",
        empty_grace=GRACE,
        metrics=Metrics(("lessons",), clock),
        clock=clock,
    )
    yield poller
    poller.source.close()
