"""What clients do that hurts: each abuse goes on until its process is killed.

An abuse is a program of its own (`python -m bench.abuse.abuses NAME ADDRESS`), which says `abusing` when it
is in full effect. The bench measures the other clients meanwhile, and the tests call for them.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

from bench.abuse import calls, protocol


@dataclass(frozen=True)
class Abuse:
    """An abuse: what it is called on the page, and what does it to the proxy at an address."""

    title: str
    abuse: Callable[[str], None]


ABUSES = {
    "forty-unread-downloads": Abuse("40 downloads of 8 MB that nobody reads", calls.forty_unread_downloads),
    "thousand-unread-downloads": Abuse(
        "1,000 downloads of 8 MB that nobody reads", calls.thousand_unread_downloads
    ),
    "unread-downloads-by-three": Abuse(
        "3,000 downloads of 8 MB that nobody reads", calls.unread_downloads_by_three
    ),
    "unread-socket": Abuse("40 downloads into a socket that nobody reads", calls.unread_socket),
    "idle-streams": Abuse("3,000 open calls that send nothing", calls.idle_streams),
    "large-messages": Abuse("messages of 8 MB both ways, four at a time", calls.large_messages),
    "rapid-resets": Abuse("calls that are reset at once (CVE-2023-44487)", protocol.rapid_resets),
    "large-headers": Abuse("calls with 100 KB of headers, 50 a second", protocol.large_headers),
    "slow-headers": Abuse("200 connections whose headers arrive byte by byte", protocol.slow_headers),
    "pings": Abuse("PINGs", protocol.pings),
    "unread-pings": Abuse("PINGs whose answers nobody reads", protocol.unread_pings),
    "settings": Abuse("SETTINGS that change the window of 100 calls", protocol.settings),
    "continuations": Abuse("headers that never end (CONTINUATION)", protocol.continuations),
    "empty-data": Abuse("DATA frames without data, and WINDOW_UPDATEs of one byte", protocol.empty_data),
    "half-open": Abuse("200 connections that send nothing", protocol.half_open),
    "garbage": Abuse("connections that send garbage, 200 a second", protocol.garbage),
    "connections": Abuse("1,200 connections, closed and opened again", protocol.connections),
    "deaf-uploads": Abuse("1,000 uploads to a method that reads nothing", calls.deaf_uploads),
}


FLOODS = {
    "flood-of-tasks": Abuse("3,200 calls a second, ten times what the tasks can do", calls.flood_of_tasks),
    "flood-of-proxy": Abuse("calls as fast as the proxy takes them", calls.flood_of_proxy),
}
"""Calls like those of others, so that a limit decides: `client_calls_per_second`, or `max_open_calls`."""


if __name__ == "__main__":
    (ABUSES | FLOODS)[sys.argv[1]].abuse(sys.argv[2])
