"""A DNS server that answers as a VPC's resolver does for a Cloud Map namespace in Route 53."""

import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

MAX_RECORDS = 8
"""Route 53 answers a MULTIVALUE name with at most eight of its records, chosen at random for each answer."""


@dataclass(frozen=True)
class Registry:
    """The A records of one name, and their TTL in seconds."""

    addresses: Sequence[str]
    ttl: int


class Outage(Enum):
    """How a name server fails for a name."""

    SILENT = "silent"
    SERVFAIL = "SERVFAIL"
    EMPTY = "empty"
    NXDOMAIN = "NXDOMAIN"


Lookup = Callable[[str], Registry | None]
"""Returns the records of a DNS name, which is given without its final dot; None if it does not exist."""


class NameServer:
    """Answers each question with what `lookup` returns at that time.

    Args:
        address: The loopback address to bind, at a free port.
        lookup: Called for each question.
        negative_ttl: For how many seconds it keeps the answer that a name does not exist.

    Attributes:
        address: The loopback address.
        port: The UDP port.

    """

    def __init__(self, address: str, lookup: Lookup, *, negative_ttl: float = 0.0) -> None:
        self._lookup = lookup
        self._negative_ttl = negative_ttl
        self._denied_until: dict[str, float] = {}
        self._outages: dict[str, Outage] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 0))
        self.address = address
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "NameServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def fail(self, name: str, outage: Outage | None) -> None:
        """Answer questions for `name` by `outage` from now on; None ends it."""
        if outage is None:
            self._outages.pop(name, None)
        else:
            self._outages[name] = outage

    def answer(self, query: dns.message.Message) -> dns.message.Message | None:
        """Return the answer to `query`; None for no answer."""
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        outage = self._outages.get(name)
        if outage is Outage.SILENT:
            return None
        if outage is Outage.SERVFAIL:
            response.set_rcode(dns.rcode.SERVFAIL)
            return response
        if outage is Outage.EMPTY:
            return response
        registry = None if outage is Outage.NXDOMAIN else self._registry(name)
        if registry is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif question.rdtype == dns.rdatatype.A and registry.addresses:
            chosen = random.sample(list(registry.addresses), min(MAX_RECORDS, len(registry.addresses)))
            response.answer.append(dns.rrset.from_text_list(question.name, registry.ttl, "IN", "A", chosen))
        return response

    def _registry(self, name: str) -> Registry | None:
        if time.monotonic() < self._denied_until.get(name, 0.0):
            return None
        registry = self._lookup(name)
        if registry is None:
            self._denied_until[name] = time.monotonic() + self._negative_ttl
        return registry

    def _serve(self) -> None:
        while True:
            try:
                packet, client = self._socket.recvfrom(4096)
            except OSError:
                return  # closed
            try:
                if answer := self.answer(dns.message.from_wire(packet)):
                    self._socket.sendto(answer.to_wire(), client)
            except (dns.exception.DNSException, OSError):
                continue
