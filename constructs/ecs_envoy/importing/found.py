"""What an import has found: services, routes between them, and what has no counterpart."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from envoy_config.values import duration_text

Policy = dict[str, object]
"""A traffic policy, or a part of one, as YAML has it."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """Something that has no counterpart, or that somebody has to look at.

    Attributes:
        place: Where it is in the imported file, or its name.
        reason: Why it is not in the configuration.
        cure: What to do instead.

    """

    place: str
    reason: str
    cure: str

    def __str__(self) -> str:
        return printable(f"{self.place}: {self.reason}; {self.cure}")


@dataclass(kw_only=True)
class FoundService:
    """A service that calls go to.

    Attributes:
        origin: Where it comes from, such as `virtual node lessons-v1`.
        location: The keys that say where its tasks are, such as `{"address": "lessons.corp:50051"}`.
        unknown: What somebody has to fill in, by key.
        policy: The policy of the service itself.
        grpc_services: Its proto services.
        hosts: The names that its clients dial.
        methods: The policies of its proto services and methods, by pattern.
        places: Where its policies come from, by pattern; the policy of the service by an empty one.

    """

    origin: str
    location: dict[str, object]
    unknown: dict[str, str] = field(default_factory=dict[str, str])
    policy: Policy = field(default_factory=dict[str, object])
    grpc_services: list[str] = field(default_factory=list[str])
    hosts: list[str] = field(default_factory=list[str])
    methods: dict[str, Policy] = field(default_factory=dict[str, Policy])
    places: dict[str, str] = field(default_factory=dict[str, str])


def at_address(origin: str, address: str, unknown: str = "") -> FoundService:
    """Return a service whose tasks have a DNS name; nothing says in which subnets."""
    blocks = {"cidrs": "the IPv4 blocks that its tasks are in, or security_group"}
    return FoundService(
        origin=origin,
        location={"address": address, "cidrs": ["10.0.0.0/8"]},
        unknown={**({"address": unknown} if unknown else {}), **blocks},
    )


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a route sends a share of its calls: a service, by its name in the new file."""

    service: str
    weight: float


@dataclass(frozen=True, kw_only=True)
class FoundRoute:
    """Which calls go where, and how they are treated.

    Attributes:
        place: Where it is in the imported file.
        proto_service: The proto service of the calls; None for all.
        method: The method of that proto service; None for all.
        hosts: The names that clients dial, if only calls by them take this route.
        header: The header that calls need to have, as `HeaderMatch` has it; None for all calls.
        targets: Where they go.
        policy: How they are treated.

    """

    place: str
    proto_service: str | None = None
    method: str | None = None
    hosts: tuple[str, ...] = ()
    header: dict[str, object] | None = None
    targets: tuple[Target, ...]
    policy: Policy


@dataclass(kw_only=True)
class Found:
    """All that an import has found.

    Attributes:
        source: What was imported, for the first comment of the file.
        region: The AWS region, if it is known.
        account: The AWS account, if it is known.
        namespace: The name of the Cloud Map namespace, if one is known.
        port: The port that clients dial, if it is known.
        policy: The policy of all services.
        services: By their names in the new file.
        routes: In the order in which they are tried.
        notes: What has no counterpart.

    """

    source: str
    region: str | None = None
    account: str | None = None
    namespace: str | None = None
    port: int | None = None
    policy: Policy = field(default_factory=dict[str, object])
    services: dict[str, FoundService] = field(default_factory=dict[str, FoundService])
    routes: list[FoundRoute] = field(default_factory=list[FoundRoute])
    notes: list[Note] = field(default_factory=list[Note])

    def note(self, place: str, reason: str, cure: str) -> None:
        """Note that something has no counterpart."""
        self.notes.append(Note(place=place, reason=reason, cure=cure))


def time_text(time: timedelta | None) -> str | None:
    """Return `time` as YAML has it, in whole milliseconds; None for no time, and for 0, which is no limit."""
    return duration_text(max(time, timedelta(milliseconds=1))) if time else None


def given(**values: object) -> Policy:
    """Return those of `values` that are not None."""
    return {key: value for key, value in values.items() if value is not None}


def label(name: str, taken: Sequence[str] = ()) -> str:
    """Return a name for a service, made of `name`, that is not one of `taken`: a DNS label."""
    plain = "".join(char if char in "abcdefghijklmnopqrstuvwxyz0123456789" else "-" for char in name.lower())
    plain = plain.strip("-")[:58].strip("-") or "service"
    plain = plain if plain[0].isalpha() else f"s-{plain}"
    found, number = plain, 2
    while found in taken:
        found, number = f"{plain}-{number}", number + 1
    return found


def printable(text: str) -> str:
    """Return `text` on one line, with escapes for what cannot be printed."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
