import json
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from envoy_config.model import ADMIN_PORT
from rehearsal.load.endpoint_requests import EndpointRequests

ENVOY = "127.77.3.1"
COUNTS = {"127.77.3.2": 5, "127.77.3.3": 0}


class Admin(BaseHTTPRequestHandler):
    """The answer of Envoy's admin interface, as 1.40 writes it; the end-to-end test asks a real one."""

    def do_GET(self) -> None:
        hosts = [
            {
                "address": {"socket_address": {"address": address, "port_value": 50051}},
                "stats": [{"name": "cx_total", "value": "9"}, {"name": "rq_total", "value": str(count)}],
            }
            for address, count in COUNTS.items()
        ]
        body = json.dumps({"cluster_statuses": [{"name": "a", "host_statuses": hosts}, {"name": "b"}]})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def admin() -> Generator[None]:
    with ThreadingHTTPServer((ENVOY, ADMIN_PORT), Admin) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("admin")
def test_only_what_came_between_the_two_moments_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    requests = EndpointRequests(lambda: {"grpc-1": ENVOY})
    assert not requests.begun
    requests.begin()
    assert requests.begun
    monkeypatch.setitem(COUNTS, "127.77.3.2", 12)
    requests.end()
    assert requests.by_endpoint() == {"127.77.3.2:50051": 7}
    assert requests.by_endpoint("grpc-1")["127.77.3.2:50051"] == 7
    assert requests.by_endpoint("another") == {}
