"""Traffic by zone: a stub of Envoy's admin interface has the test's counters, and peers are real servers."""

import json
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

import pytest

from discovery.zones.traffic import REPORT_SECONDS, WINDOW_SECONDS, OwnTraffic, Peers, Report
from tests.conftest import random_block
from tests.discovery.polling import Clock


class Server(ThreadingHTTPServer):
    """Answers every GET with `text`, or with an error if there is none."""

    daemon_threads = True

    def __init__(self, address: str, port: int = 0) -> None:
        super().__init__((address, port), Handler)
        self.text: str | None = None
        self.paths: list[str] = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = cast("Server", self.server)
        server.paths.append(self.path)
        body = (server.text or "").encode()
        self.send_response(200 if server.text is not None else 500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the standard library's name
        pass


@pytest.fixture
def admin() -> Generator[Server]:
    server = Server(f"{random_block()}.1")
    yield server
    server.close()


def own(admin: Server, clock: Clock) -> OwnTraffic:
    host, port = cast("tuple[str, int]", admin.server_address)
    return OwnTraffic(f"{host}:{port}", clock)


def counts(**services: int) -> str:
    lines = [
        f"cluster.{name.replace('_', '-')}.upstream_rq_total: {count}" for name, count in services.items()
    ]
    return "\n".join(lines)


def test_rates_cover_the_window_and_are_unknown_before_it_is_full(admin: Server, clock: Clock) -> None:
    traffic = own(admin, clock)
    for second in range(int(WINDOW_SECONDS)):
        admin.text = counts(lessons=30 * second, big_one=second)
        assert traffic.rates() == {}
        clock.now += 1
    admin.text = counts(lessons=30 * int(WINDOW_SECONDS), big_one=10)
    assert traffic.rates() == {"lessons": 30.0, "big-one": 1.0}


def test_proxies_that_are_asked_at_different_times_measure_a_new_load_equally(
    admin: Server, clock: Clock
) -> None:
    one, other = own(admin, clock), own(admin, clock)
    admin.text = counts(lessons=0)
    for second in range(30):  # no load; the second is asked between the first's turns
        one.rates() if second % 2 else other.rates()
        clock.now += 1
    clock.now += 1
    admin.text = counts(lessons=60)  # two seconds into the load
    assert one.rates() == other.rates() == {"lessons": 6.0}


def test_the_rate_of_an_envoy_that_restarted_or_does_not_answer_is_unknown_until_the_window_is_full_again(
    admin: Server, clock: Clock
) -> None:
    traffic = own(admin, clock)
    admin.text = counts(lessons=1000)
    traffic.rates()
    clock.now += WINDOW_SECONDS
    assert traffic.rates() == {"lessons": 0.0}
    admin.text = counts(lessons=3)
    assert traffic.rates() == {}
    clock.now += WINDOW_SECONDS
    assert traffic.rates() == {"lessons": 0.0}
    admin.text = None
    assert traffic.rates() == {}
    admin.text = counts(lessons=3)
    assert traffic.rates() == {}


def test_envoy_is_asked_only_for_the_counters(admin: Server, clock: Clock) -> None:
    admin.text = counts(lessons=1)
    own(admin, clock).rates()
    assert admin.paths == [r"/stats?filter=%5Ecluster%5C.%5B%5E.%5D%2B%5C.upstream_rq_total%24"]


@pytest.fixture
def peers() -> Generator[list[Server]]:
    own = random_block()
    first = Server(f"{own}.2")
    others = [first, Server(f"{own}.3", first.server_port)]
    yield others
    for server in others:
        server.close()


def asked(peers: list[Server], clock: Clock) -> tuple[Peers, list[str]]:
    addresses = [str(server.server_address[0]) for server in peers]
    known = Peers(peers[0].server_port, clock)
    known.ask(addresses)
    return known, addresses


def test_the_traffic_of_a_zone_is_the_sum_of_its_proxies(peers: list[Server], clock: Clock) -> None:
    peers[0].text = Report("a", {"lessons": 40.0, "grading": 1.0}).to_json().decode()
    peers[1].text = Report("b", {"lessons": 20.0}).to_json().decode()
    known, addresses = asked(peers, clock)
    assert known.traffic(addresses, "lessons") == {"a": 40.0, "b": 20.0}
    assert known.traffic(addresses, "grading") == {"a": 1.0, "b": 0.0}
    peers[1].text = Report("a", {"lessons": 20.0}).to_json().decode()
    known.ask(addresses)
    assert known.traffic(addresses, "lessons") == {"a": 60.0}


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        '{"zone":"b"}',
        '{"zone":"b","rates":{"lessons":"many"}}',
        '{"zone":"","rates":{"lessons":1}}',
        '{"zone":"b","rates":{}}',
    ],
)
def test_traffic_is_unknown_if_one_proxy_does_not_report_it(
    peers: list[Server], clock: Clock, text: str | None
) -> None:
    peers[0].text = Report("a", {"lessons": 40.0}).to_json().decode()
    peers[1].text = text
    known, addresses = asked(peers, clock)
    assert known.traffic(addresses, "lessons") is None
    assert known.traffic(addresses[:1], "lessons") == {"a": 40.0}


def test_the_last_report_of_a_silent_peer_counts_for_a_while(peers: list[Server], clock: Clock) -> None:
    for server in peers:
        server.text = json.dumps({"zone": "a", "rates": {"lessons": 1.0}})
    known, addresses = asked(peers, clock)
    peers[1].text = None
    clock.now += REPORT_SECONDS
    known.ask(addresses)
    assert known.traffic(addresses, "lessons") == {"a": 2.0}
    clock.now += 1
    known.ask(addresses)
    assert known.traffic(addresses, "lessons") is None


def test_without_proxies_traffic_is_unknown(clock: Clock) -> None:
    assert Peers(1, clock).traffic([], "lessons") is None
