"""The traffic policy: one type for YAML, constructs and Envoy's messages."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from envoy_config.policy.capacity import CircuitBreakers, Connections
from envoy_config.policy.fault import Fault
from envoy_config.policy.headers import Headers
from envoy_config.policy.health import HealthCheck, OutlierDetection
from envoy_config.policy.kinds import CallTimeout, ConnectTimeout, MessageBytes, MethodPattern
from envoy_config.policy.limits import AdaptiveConcurrency, AdmissionControl, RateLimit
from envoy_config.policy.load_balancing import LoadBalancing
from envoy_config.policy.retries import Hedging, Retries
from envoy_config.policy.short_form import short_form
from envoy_config.policy.splitting import Canary, Mirror
from envoy_config.settings import Settings
from envoy_config.values import Flag, problem


def _form(given: object) -> str:
    return "[several]" if isinstance(given, list | tuple) else "[one]"


Canaries = Annotated[
    Annotated[Canary, Tag("[one]")] | Annotated[Sequence[Canary], AfterValidator(tuple), Tag("[several]")],
    Discriminator(_form),
]
"""The tags are no part of the path of a mistake (`settings_error.py`)."""


_OF_A_SERVICE: Mapping[str, str] = dict.fromkeys(
    (
        "adaptive_concurrency",
        "admission_control",
        "circuit_breakers",
        "connect_timeout",
        "connections",
        "health_check",
        "load_balancing",
        "outlier_detection",
    ),
    "the methods of a service share its connections; give it in the policy of the service",
)


class MethodPolicy(Settings):
    """How the proxy treats the calls of a gRPC method.

    A key that is not given is as in the policy of the service, and then as in that of the file. `null` turns
    off what is off by default, such as `timeout` or `hedging`; `[]` does it for `canary` and `retries.on`.
    """

    hints = _OF_A_SERVICE

    idempotent: Flag = Field(
        default=False,
        description="whether a call may run twice: only then is one repeated that a task may have begun",
    )
    timeout: CallTimeout | None = Field(
        default=None,
        description="how long a whole call may take, with its retries; the client's deadline, if it is "
        "shorter, ends it earlier. streaming_methods have only what their own policy gives. No limit by "
        "default",
    )
    idle_timeout: CallTimeout | None = Field(
        default=None, description="how long a call may be silent in both directions; no limit by default"
    )
    max_stream_duration: CallTimeout | None = Field(
        default=None,
        description="how long a stream may last, however busy it is; for streaming_methods. No limit by "
        "default",
    )
    retries: Retries = Field(default=Retries(), description="when a call is repeated")
    hedging: Hedging | None = Field(
        default=None,
        description="a second attempt of a slow call of an idempotent method, on another task; none by "
        "default",
    )
    rate_limit: RateLimit | None = Field(default=None, description="calls a second; no limit by default")
    canary: Canaries = Field(
        default=(),
        description="calls that go to another service or to tasks of one version: one, or a list of them",
    )
    mirror: Mirror | None = Field(default=None, description="a copy of calls; none by default")
    fault: Fault | None = Field(default=None, description="a fault on purpose; none by default")
    headers: Headers = Field(default=Headers(), description="headers that the proxy changes")
    max_message_bytes: MessageBytes | None = Field(
        default=None,
        description="the size of a request's message, at most; more end with RESOURCE_EXHAUSTED. The proxy "
        "holds a request until all of it is there, so this is for methods with one request, and not for "
        "streaming_methods. No limit by default",
    )

    @property
    def canaries(self) -> tuple[Canary, ...]:
        """The entries of `canary`, in their order."""
        return (self.canary,) if isinstance(self.canary, Canary) else tuple(self.canary)


def _of_a_method(given: object) -> object:
    # A subclass, so that pydantic would take it, and its keys of a whole service would have no effect.
    if isinstance(given, TrafficPolicy):
        raise problem("a TrafficPolicy is for a whole service; give a MethodPolicy")
    return given


class TrafficPolicy(MethodPolicy):
    """How the proxy treats the calls of all services, or of one, and of single methods of it.

    A key that is not given is as in the policy of the file, if this is the one of a service, and else as
    described here. `null` turns off what is off by default, such as `timeout` or `hedging`; `[]` does it for
    `canary` and `retries.on`.
    """

    hints: ClassVar[Mapping[str, str]] = {}

    @property
    def sends_to(self) -> tuple[str, ...]:
        """The other services that get some of the calls, by a canary or as a copy; each once."""
        policies = (self, *self.methods.values())
        canaries = (canary.to for policy in policies for canary in policy.canaries)
        mirrors = (policy.mirror.to for policy in policies if policy.mirror)
        return tuple(dict.fromkeys(name for name in (*canaries, *mirrors) if name))

    # Envoy's default of 5 s is far too long inside a VPC, and Envoy then retries on another task.
    connect_timeout: ConnectTimeout = Field(
        default=timedelta(seconds=1), description="time to open a connection to a task"
    )
    load_balancing: LoadBalancing = Field(default=LoadBalancing(), description="which task gets a call")
    outlier_detection: Annotated[OutlierDetection, short_form(OutlierDetection, "type")] = Field(
        default=OutlierDetection(), description="when a task that fails calls gets none for a while"
    )
    health_check: Annotated[HealthCheck, short_form(HealthCheck, "type")] = Field(
        default=HealthCheck(), description="how Envoy checks a task"
    )
    circuit_breakers: CircuitBreakers = Field(
        default=CircuitBreakers(), description="how much one task of the proxy has open at once"
    )
    connections: Connections = Field(default=Connections(), description="the connections to tasks")
    admission_control: AdmissionControl | None = Field(
        default=None, description="calls are refused if too few succeed; not by default"
    )
    adaptive_concurrency: AdaptiveConcurrency | None = Field(
        default=None, description="open calls are bounded by the time they take; not by default"
    )
    methods: dict[MethodPattern, Annotated[MethodPolicy, BeforeValidator(_of_a_method)]] = Field(
        default={},
        description="the policy of single methods, such as learning.v1.Lessons/Search, or of all of a proto "
        "service, such as learning.v1.Lessons/*; what is given there overrides what is given here",
    )
