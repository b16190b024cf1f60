"""Headers (gRPC's metadata) in a policy: which calls a setting is for, and what the proxy changes."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from envoy_config.policy.kinds import HeaderName, HeaderValue
from envoy_config.policy.short_form import short_form
from envoy_config.settings import Settings


class HeaderMatch(Settings):
    """Calls with a header (gRPC's metadata); a name alone, such as x-canary, is short for any value of it."""

    name: HeaderName = Field(description="the header, such as x-canary")
    value: HeaderValue | None = Field(default=None, description="its whole value; any value by default")


OptionalHeaderMatch = Annotated[HeaderMatch | None, short_form(HeaderMatch, "name")]
Names = Annotated[Sequence[HeaderName], AfterValidator(tuple)]


class HeaderChange(Settings):
    """What changes in the headers of one direction."""

    set: dict[HeaderName, HeaderValue] = Field(
        default={}, description="headers with their values, whatever the call has"
    )
    add: dict[HeaderName, HeaderValue] = Field(
        default={}, description="headers that a call gets besides those of this name that it has"
    )
    remove: Names = Field(default=(), description="headers that are removed")


class Headers(Settings):
    """Headers that the proxy changes."""

    request: HeaderChange = Field(default=HeaderChange(), description="what the task gets")
    response: HeaderChange = Field(default=HeaderChange(), description="what the client gets")
