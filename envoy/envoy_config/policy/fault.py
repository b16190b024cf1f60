"""Policy of faults on purpose, which show how clients cope."""

from typing import Literal

from pydantic import Field

from envoy_config.policy.headers import OptionalHeaderMatch
from envoy_config.policy.kinds import CallTimeout, SomePercent
from envoy_config.policy.status import FailedStatus
from envoy_config.settings import Settings

FaultInjection = Literal["refused", "allowed"]
"""Whether a policy may have a fault."""


class Fault(Settings):
    """A delay or a failure that the proxy adds to calls on purpose."""

    delay: CallTimeout | None = Field(default=None, description="how long a call waits; not by default")
    abort: FailedStatus | None = Field(
        default=None, description="the status that a call ends with, such as unavailable; none by default"
    )
    percent: SomePercent = Field(default=100, description="the share of calls that has it, by lot")
    header: OptionalHeaderMatch = Field(
        default=None, description="only calls with this header have it; by default all"
    )
