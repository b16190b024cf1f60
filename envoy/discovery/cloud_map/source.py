"""Reads one service's tasks from Cloud Map: which calls it needs, and when."""

import logging
from dataclasses import dataclass, field

from discovery.aws.error import AwsError
from discovery.cloud_map.client import CloudMap, Health
from discovery.endpoints import Converted, convert

SETTLE_SECONDS = 60.0
"""
If Cloud Map's health counts, every poll asks for the whole list for so long after a change. A new task is
registered as unhealthy and becomes healthy later, and a change of health does not change the revision (API
reference: DiscoverInstancesRevision).
"""

FULL_SECONDS: dict[Health, float] = {"HEALTHY_OR_ELSE_ALL": 5.0, "ALL": 300.0}
"""
At other times the whole list is asked for this often: for the same reason, or to be sure that no change was
missed. A list of 50 tasks costs as much CPU as ten revisions, so that is done rarely.
"""

DENIED_SECONDS = 300.0
"""If a policy denies DiscoverInstancesRevision, every poll asks for the whole list for so long."""

log = logging.getLogger("discovery")


@dataclass(kw_only=True)
class CloudMapSource:
    """A service of a Cloud Map namespace.

    Attributes:
        cloud_map: The namespace's API.
        name: The service's name in logs: that of Envoy's cluster.
        service: Its name in the namespace.
        port: The TCP port of instances without a port attribute.
        health: Which instances to list.
        title: Who lists the tasks, for logs.

    """

    cloud_map: CloudMap
    name: str
    service: str
    port: int
    health: Health
    title: str = "cloud map"
    _revision: int | None = field(default=None, init=False)
    _denied_until: float | None = field(default=None, init=False)
    _changed_at: float = field(default=0.0, init=False)
    _asked_at: float = field(default=0.0, init=False)

    def read(self, now: float, *, whole: bool) -> Converted | None:
        """Return the endpoints that are listed, or None if they have not changed.

        Args:
            now: The time in seconds of a monotonic clock.
            whole: Whether the list is wanted even if it has not changed.

        Raises:
            AwsError: There is no usable answer.

        """
        health_may_change = self.health != "ALL" and now - self._changed_at < SETTLE_SECONDS
        revision = self._revision
        if revision is None or not (whole or health_may_change):
            revision = self._ask_revision(now)
            is_known = revision is not None and revision == self._revision
            if is_known and now - self._asked_at < FULL_SECONDS[self.health]:
                return None
        answer = self.cloud_map.instances(self.service, self.health)
        converted = convert(answer.instances, self.port)
        if answer.instances and not converted.endpoints:
            raise AwsError("malformed", f"{self.service}: no instance has a usable address and port")
        if answer.revision is not None:
            revision = answer.revision
        if revision != self._revision:
            self._changed_at = now
        self._revision, self._asked_at = revision, now
        return converted

    def close(self) -> None:
        """Close this thread's connection."""
        self.cloud_map.close()

    def _ask_revision(self, now: float) -> int | None:
        """Return the revision; None if a policy denies the question, such as that of a VPC endpoint."""
        if self._denied_until is not None and now < self._denied_until:
            return None
        try:
            revision = self.cloud_map.revision(self.service)
        except AwsError as error:
            if not error.is_denied:
                raise
            if self._denied_until is None:
                log.warning(
                    "DiscoverInstancesRevision is denied; DiscoverInstances is asked every time",
                    extra={"service": self.name, "error": str(error)},
                )
            self._denied_until = now + DENIED_SECONDS
            return None
        self._denied_until = None
        return revision
