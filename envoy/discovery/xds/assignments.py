"""The latest endpoints of each service, and what a stream has not sent of them yet."""

import threading
from collections.abc import Iterable, Mapping
from typing import Any as Json

from google.protobuf.any_pb2 import Any
from google.protobuf.json_format import ParseDict

from discovery.xds.messages_pb2 import ClusterLoadAssignment

TYPE = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"


class Assignments:
    """The latest endpoints of each service. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._latest: dict[str, tuple[int, Any]] = {}
        self._version = 0
        self._closed = False

    def put(self, name: str, assignment: Mapping[str, Json]) -> None:
        """Let every stream send `assignment`, a `ClusterLoadAssignment` in JSON, for service `name`."""
        fields = {key: value for key, value in assignment.items() if key != "@type"}
        message = ParseDict(fields, ClusterLoadAssignment())
        with self._changed:
            self._version += 1
            resource = Any(type_url=TYPE, value=message.SerializeToString(deterministic=True))
            self._latest[name] = (self._version, resource)
            self._changed.notify_all()

    def close(self) -> None:
        """End every subscription."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def subscription(self) -> "Subscription":
        """Return a subscription to no service yet."""
        return Subscription(self, self._changed)

    def newer(self, names: Iterable[str], sent: Mapping[str, int]) -> dict[str, tuple[int, Any]] | None:
        """Return what has changed of `names` since the versions `sent`; None if everything has ended."""
        if self._closed:
            return None
        return {
            name: self._latest[name]
            for name in names
            if name in self._latest and self._latest[name][0] > sent.get(name, 0)
        }


class Subscription:
    """What one stream wants, and what it has sent."""

    def __init__(self, assignments: Assignments, changed: threading.Condition) -> None:
        self._assignments, self._changed = assignments, changed
        self._names: frozenset[str] = frozenset()
        self._sent: dict[str, int] = {}
        self._ended = False

    def want(self, names: Iterable[str]) -> None:
        """Send these services from now on, and no others."""
        with self._changed:
            self._names = frozenset(names)
            # Envoy asks again for a service whose cluster it has made anew, and then needs its endpoints.
            self._sent = {name: version for name, version in self._sent.items() if name in self._names}
            self._changed.notify_all()

    def end(self) -> None:
        """Let `next` return None."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def next(self) -> list[Any] | None:
        """Wait for changes, and return the resources to send; None at the end."""
        with self._changed:
            while not self._ended:
                found = self._assignments.newer(sorted(self._names), self._sent)
                if found is None:
                    return None
                if found:
                    self._sent |= {name: version for name, (version, _) in found.items()}
                    return [resource for _, resource in found.values()]
                self._changed.wait()
            return None
