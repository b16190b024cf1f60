"""Policy of calls that go to another service than the one they are for, or to it as well."""

from pydantic import Field

from envoy_config.policy.headers import OptionalHeaderMatch
from envoy_config.policy.kinds import ServiceName, SomePercent, Version
from envoy_config.settings import Settings


class Canary(Settings):
    """Calls of a service that go to another service, or to tasks of one version."""

    to: ServiceName | None = Field(
        default=None, description="the name of the service of this proxy that gets them"
    )
    version: Version | None = Field(
        default=None,
        description="the version of the tasks that get them, by their Cloud Map attribute version; instead "
        "of to",
    )
    percent: SomePercent | None = Field(
        default=None, description="the share of calls that goes there, by lot; none by default"
    )
    header: OptionalHeaderMatch = Field(
        default=None, description="calls with this header go there in any case; none by default"
    )


class Mirror(Settings):
    """A copy of calls for another service, whose answers nobody reads."""

    to: ServiceName = Field(description="the name of the service of this proxy that gets the copies")
    percent: SomePercent = Field(default=100, description="the share of calls that is copied")
