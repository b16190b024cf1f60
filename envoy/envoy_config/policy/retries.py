"""Policy of repeated calls: retries one after another, and hedging, where two run at once."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from envoy_config.policy.kinds import (
    AtOnce,
    Attempts,
    BackOffTime,
    CallTimeout,
    HedgedAttempts,
    SomePercent,
)
from envoy_config.policy.status import FailedStatus
from envoy_config.settings import Settings
from envoy_config.values import Flag


class BackOff(Settings):
    """How long Envoy waits before a retry: a random time up to a bound, which doubles with each retry."""

    # With Envoy's default of 25 to 250 ms, all retries happen within half a second. If ECS has replaced every
    # task and no new task listens yet, the later tries should wait longer (measured with eight clients and
    # tasks that listened 1 s after DNS listed them: 7 calls failed instead of 34).
    base: BackOffTime = Field(default=timedelta(milliseconds=50), description="the bound for the first retry")
    max: BackOffTime = Field(default=timedelta(seconds=1), description="the bound for every retry")


class RetryBudget(Settings):
    """A bound for the retries of a service at once, as a share of its open calls."""

    percent: SomePercent = Field(default=20, description="retries for each 100 open calls")
    min_retries: AtOnce = Field(default=3, description="retries at once that are allowed in any case")


class Retries(Settings):
    """When Envoy repeats a call. A call that no task can have begun is repeated whatever its method."""

    on: Annotated[Sequence[FailedStatus], AfterValidator(tuple)] = Field(
        default=(),
        description="status codes after which a call of an idempotent method is repeated, such as "
        "[unavailable, aborted]; none by default",
    )
    # Enough to get past half of eight tasks: a rolling deployment can stop them together, and DNS shows that
    # seconds later (measured by `make rehearse`: two retries went to dead tasks).
    attempts: Attempts = Field(
        default=6, description="attempts of a call in all, the first one included; 1 for no retry"
    )
    per_try_timeout: CallTimeout | None = Field(
        default=None,
        description="how long one attempt of a call of an idempotent method may take until the next one; no "
        "limit by default",
    )
    back_off: BackOff = Field(default=BackOff(), description="the wait before a retry")
    budget: RetryBudget | None = Field(
        default=None,
        description="a bound for the retries of a whole service at once, as a share of its open calls, in "
        "the place of circuit_breakers.max_retries; not of single methods. None by default",
    )
    other_task: Flag = Field(default=True, description="whether a retry goes to another task if there is one")


class Hedging(Settings):
    """A second attempt while the first one still runs: the first answer wins, and the other is cancelled."""

    after: CallTimeout = Field(
        description="how long Envoy waits for an answer until it sends the call to another task as well"
    )
    # Envoy counts attempts that no task began as well. With two, a call that met a task that is gone would
    # have no hedge.
    attempts: HedgedAttempts = Field(
        default=3,
        description="attempts of a call in all, the first one included, in the place of retries.attempts",
    )
