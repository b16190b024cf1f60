"""What the VPC's resolver answers: names in Cloud Map's namespaces, and addresses of other teams."""

from collections.abc import Callable, Mapping, Sequence

from rehearsal.account.cloud_map_zone import CloudMapZone
from rehearsal.account.name_server import Registry

TTL_SECONDS = 5
"""The TTL of an address's records. It is an assumption, because the configuration does not say it."""


class VpcDns:
    """Looks names up where they belong.

    Args:
        zones: The private DNS namespaces, by their names.
        addresses: What returns the addresses behind each other DNS name.

    """

    def __init__(
        self,
        zones: Mapping[str, CloudMapZone],
        addresses: Mapping[str, Callable[[], Sequence[str]]],
    ) -> None:
        self._zones = zones
        self._addresses = addresses

    def lookup(self, name: str) -> Registry | None:
        """Return the records of `name`; None if the name does not exist."""
        if name in self._addresses:
            found = sorted(self._addresses[name]())
            return Registry(found, TTL_SECONDS) if found else None
        # The longest one: a namespace may be below another.
        zones = [zone for zone in self._zones if name.endswith(f".{zone}")]
        return self._zones[max(zones, key=len)].lookup(name) if zones else None
