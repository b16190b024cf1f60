"""Who may call the proxy, as a configuration file says it."""

from pathlib import Path

import pytest

from ecs_envoy.configuration import load_configuration
from ecs_envoy.configuration.plans import proxy_clients
from ecs_envoy.configuration.warnings import warnings
from tests.ecs_envoy.configuration.test_configuration import GOOD, SECOND, problems

API = """\
api:
  image: example.com/api:1.0.0
  certificate: arn:aws:acm:eu-west-1:111122223333:certificate/0f1e2d3c-4b5a-6978-8695-a4b3c2d1e0f9
"""
CALLING = SECOND + "    calls: [lessons]\n"


@pytest.mark.parametrize(
    ("text", "clients"),
    [
        pytest.param(GOOD, [], id="nobody"),
        pytest.param(GOOD + API, ["api"], id="the API"),
        pytest.param(GOOD + API + "  calls: []\n", [], id="an API that calls no service"),
        pytest.param(GOOD + CALLING, ["grading"], id="a service that calls another"),
        pytest.param(GOOD + "proxy: {clients: [lessons]}\n", ["lessons"], id="a service by name"),
        pytest.param(GOOD + CALLING + "proxy: {clients: [grading]}\n", ["grading"], id="the same said twice"),
        pytest.param(
            GOOD + "proxy: {clients: [sg-0123456789abcdef0, 10.9.0.0/16, pl-0123456789abcdef0]}\n",
            ["sg-0123456789abcdef0", "10.9.0.0/16", "pl-0123456789abcdef0"],
            id="security group, block and prefix list",
        ),
    ],
)
def test_who_may_call_the_proxy_is_told_by_its_clients_and_by_those_that_call(
    text: str, clients: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(text)
    configuration = load_configuration(path)
    assert proxy_clients(configuration) == clients
    assert [key for key, _ in warnings(configuration)] == ([] if clients else [("proxy", "clients")])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            GOOD + "proxy: {clients: [Lessons]}\n",
            ":10: proxy.clients[0]: 'Lessons' is not a client of the proxy; give a security group such as sg-0123456789abcdef0, an IPv4 block such as 10.0.0.0/16, a prefix list such as pl-0123456789abcdef0, or the name of a service under services",
            id="no kind of client",
        ),
        pytest.param(
            GOOD + "proxy: {clients: [lesson]}\n",
            ":10: proxy.clients[0]: no service under services has the name 'lesson'; give one of lessons, or a security group (sg-...), an IPv4 block or a prefix list (pl-...)",
            id="unknown service",
        ),
        pytest.param(
            GOOD + "proxy: {clients: [10.9.0.0/16, 10.9.0.0/16]}\n",
            ":10: proxy.clients[1]: '10.9.0.0/16' is given twice; remove one of them",
            id="given twice",
        ),
        pytest.param(
            GOOD + SECOND + "    calls: [lesson]\n",
            ":13: services.grading.calls[0]: no service has the name 'lesson'; give one of grading, lessons",
            id="calls an unknown service",
        ),
        pytest.param(
            GOOD + API + "  calls: [chat]\n",
            ":13: api.calls[0]: no service has the name 'chat'; give one of lessons",
            id="the API calls an unknown service",
        ),
        pytest.param(
            GOOD + SECOND + "    proxy_address_variable: GRPC\n",
            ":13: services.grading.proxy_address_variable: holds the address of a proxy that it may not call; also give calls, the services it calls",
            id="an address without calls",
        ),
        pytest.param(
            GOOD + CALLING + "    proxy_address_variable: GRPC\n    environment: {GRPC: x}\n",
            ":15: services.grading.environment.GRPC: is set to the proxy's address; remove it, or give another proxy_address_variable",
            id="an address that is set, too",
        ),
        pytest.param(
            GOOD + f"proxy: {{clients: [{', '.join(f'10.{number}.0.0/16' for number in range(60))}]}}\n",
            ":10: proxy.clients: 60 clients need 61 rules, and a security group has at most 60; give 59 clients at most, such as one prefix list (pl-...) of their blocks or one security group that they share",
            id="more rules than a security group has",
        ),
    ],
)  # fmt: skip
def test_fails_for_wrong_clients(text: str, message: str, tmp_path: Path) -> None:
    assert problems(tmp_path, text) == [message]
