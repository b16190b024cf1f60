"""Clients that dial anew for each call, as clients that have just started do.

`python -m rehearsal.load.redialers PLAN` writes a line of JSON for each call until SIGTERM. The rate of a
target is how often a second it is dialled.
"""

import itertools
import random
import re
import threading
import time

import dns.message
import dns.query
import dns.rdatatype
import grpc

from rehearsal.load.calls import Target
from rehearsal.load.clients import call_method, run, write

CLIENTS = 3
"""The clients of each target, which dial in turn."""

_TARGET = re.compile(r"dns://(?P<server>[0-9.]+):(?P<server_port>[0-9]+)/(?P<name>[^:]+):(?P<port>[0-9]+)")


def resolve(target: str) -> tuple[str, str]:
    """Return an address of the gRPC target `target`, and the name by which it was dialled, with the port.

    gRPC does not tell which address it has chosen, so this looks the name up as gRPC would.
    """
    match = _TARGET.fullmatch(target)
    assert match, target  # noqa: S101  # the rehearsal made it
    query = dns.message.make_query(match["name"], dns.rdatatype.A)
    answer = dns.query.udp(query, match["server"], timeout=10, port=int(match["server_port"]))
    # A line of an answer's text is 'name TTL class type address'.
    addresses = [line.split()[-1] for records in answer.answer for line in str(records).splitlines()]
    return f"{random.choice(addresses)}:{match['port']}", f"{match['name']}:{match['port']}"


def _client(target: Target, number: int, stop: threading.Event) -> None:
    interval = CLIENTS / target.rate
    due = time.monotonic() + interval * number / CLIENTS
    methods = itertools.cycle(target.methods)
    while not stop.wait(max(0.0, due - time.monotonic())):
        due = max(due + interval, time.monotonic())
        address, authority = resolve(target.target)
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.default_authority", authority)]
        with grpc.insecure_channel(address, options=options) as channel:
            write(call_method(channel, target.service, next(methods), peer=address))


if __name__ == "__main__":
    run(_client, CLIENTS)
