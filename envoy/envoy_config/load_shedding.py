"""Filters that refuse calls of a service which its tasks would not answer in time or at all.

Each service has its own, because each counts what it sees of all its calls.
"""

from collections.abc import Iterator

from envoy_config.filter_switch import ON
from envoy_config.messages import (
    AdaptiveConcurrency,
    AdmissionControl,
    AdmissionControlSuccessCriteria,
    AdmissionControlSuccessCriteriaGrpcCriteria,
    Any,
    GradientControllerConfig,
    GradientControllerConfigConcurrencyLimitCalculationParams,
    GradientControllerConfigMinimumRttCalculationParams,
    HttpFilter,
    Message,
    Percent,
    RuntimeFeatureFlag,
    RuntimePercent,
    RuntimeUInt32,
)
from envoy_config.model import Service
from envoy_config.policy import limits
from envoy_config.policy.status import NUMBERS
from envoy_config.typed_extension import typed_config

_SERVERS_FAULT = ("deadline_exceeded", "resource_exhausted", "unavailable")
"""Statuses that say that a service has too much to do. All others, such as NOT_FOUND, are answers."""


def load_shedding_filters(services: tuple[Service, ...]) -> list[HttpFilter]:
    """Return the filters of `services`, switched off."""
    return [
        HttpFilter(name=name, typed_config=typed_config(message), disabled=True)
        for service in services
        for name, message in _filters(service)
    ]


def load_shedding_switches(service: Service) -> dict[str, Any]:
    """Return what a route to `service` says to its filters."""
    return {name: ON for name, _ in _filters(service)}


def _filters(service: Service) -> Iterator[tuple[str, Message]]:
    policy = service.policy
    if policy.adaptive_concurrency:
        yield f"envoy.filters.http.adaptive_concurrency/{service.name}", _bounded(policy.adaptive_concurrency)
    if policy.admission_control:
        yield f"envoy.filters.http.admission_control/{service.name}", _admitted(policy.admission_control)


def _admitted(settings: limits.AdmissionControl) -> AdmissionControl:
    answers = [0, *(number for status, number in NUMBERS.items() if status not in _SERVERS_FAULT)]
    key = "admission_control"
    return AdmissionControl(
        enabled=RuntimeFeatureFlag(default_value=True, runtime_key=f"{key}.enabled"),
        success_criteria=AdmissionControlSuccessCriteria(
            grpc_criteria=AdmissionControlSuccessCriteriaGrpcCriteria(grpc_success_status=answers)
        ),
        sampling_window=settings.window,
        sr_threshold=RuntimePercent(
            default_value=Percent(value=settings.success_percent), runtime_key=f"{key}.success_percent"
        ),
        rps_threshold=RuntimeUInt32(
            default_value=settings.min_calls_per_second, runtime_key=f"{key}.min_calls_per_second"
        ),
        max_rejection_probability=RuntimePercent(
            default_value=Percent(value=settings.max_refused_percent),
            runtime_key=f"{key}.max_refused_percent",
        ),
    )


def _bounded(settings: limits.AdaptiveConcurrency) -> AdaptiveConcurrency:
    return AdaptiveConcurrency(
        gradient_controller_config=GradientControllerConfig(
            # The slowest tenth of the calls shows a queue first.
            sample_aggregate_percentile=Percent(value=90),
            concurrency_limit_params=GradientControllerConfigConcurrencyLimitCalculationParams(
                max_concurrency_limit=settings.max_open_calls,
                concurrency_update_interval=settings.interval,
            ),
            min_rtt_calc_params=GradientControllerConfigMinimumRttCalculationParams(
                interval=settings.min_rtt_interval,
                jitter=Percent(value=settings.jitter_percent),
                min_concurrency=settings.min_open_calls,
            ),
        )
    )
