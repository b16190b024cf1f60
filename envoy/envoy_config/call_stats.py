"""Statistics of calls by service, gRPC method and status."""

from collections.abc import Mapping, Sequence

from envoy_config.access_log import METHOD, SERVICE
from envoy_config.call_status import (
    CANCELLED,
    DEADLINE_EXCEEDED,
    GIVEN,
    UNKNOWN,
    cancelled,
    has_status,
    late,
    unknown,
)
from envoy_config.messages import (
    AccessLog,
    AccessLogFilter,
    Config,
    ConfigCounter,
    ConfigHistogram,
    ConfigHistogramUnit,
    ConfigStat,
    ConfigTag,
    Matcher,
    MatcherMatcherList,
    MatcherMatcherListFieldMatcher,
    MatcherMatcherListPredicate,
    MatcherMatcherListPredicateSinglePredicate,
    MatcherOnMatch,
    Scope,
    StatTagValueInput,
    TransformStat,
    TransformStatDropStat,
    XdsStringMatcher,
    XdsTypedExtensionConfig,
)
from envoy_config.typed_extension import typed_config

PREFIX = "grpc"

BUCKETS_MS = (1, 5, 10, 25, 50, 100, 250, 500, 1000, 5000)
"""
The upper bounds of the buckets for durations, in milliseconds. A unary call in a VPC takes 1 to 100 ms, and
few deadlines are longer than 5 s. Each bucket costs one series for every method.
"""

MIN_METHODS, METHODS_A_SERVICE, STATUSES_A_METHOD = 1000, 15, 4
"""
The methods that are counted: fifteen for each service, and a thousand at least, with four statuses each. They
limit each logger, and so bound Envoy's memory when a client calls methods with invented names.
"""


def call_stats(
    streams: Sequence[str] = (),
    *,
    services: int = 1,
    labels: Mapping[str, str] | None = None,
    destinations: int = 1,
) -> list[AccessLog]:
    """Return the loggers that count each call to `services` services and its duration; they write no lines.

    `labels` say to which of `destinations` a call went.

    The durations of calls of `streams`, which are paths, are not counted.

    The duration of a call that its client cancelled says nothing about the service, so it is not counted.
    """
    methods = max(MIN_METHODS, METHODS_A_SERVICE * services) * destinations
    tags = [ConfigTag(name=name, value_format=value) for name, value in (labels or {}).items()]
    return [
        _logger(has_status(), status=GIVEN, streams=streams, timed=True, methods=methods, tags=tags),
        _logger(late(), status=DEADLINE_EXCEEDED, streams=streams, timed=True, methods=methods, tags=tags),
        _logger(unknown(), status=UNKNOWN.name, streams=streams, timed=True, methods=methods, tags=tags),
        _logger(cancelled(), status=CANCELLED, streams=streams, timed=False, methods=methods, tags=tags),
    ]


def _logger(
    calls: AccessLogFilter,
    *,
    status: str,
    streams: Sequence[str],
    timed: bool,
    methods: int,
    tags: Sequence[ConfigTag],
) -> AccessLog:
    service = ConfigTag(name="service", value_format=SERVICE, rules=_drop([""]))
    method = ConfigTag(name="grpc_method", value_format=METHOD)
    timed_method = ConfigTag(
        name="grpc_method", value_format=METHOD, rules=_drop(streams) if streams else None
    )
    counter = ConfigCounter(
        stat=ConfigStat(
            name="requests", tags=[service, *tags, method, ConfigTag(name="grpc_status", value_format=status)]
        ),
        value_fixed=1,
    )
    histogram = ConfigHistogram(
        stat=ConfigStat(name="duration_milliseconds", tags=[service, *tags, timed_method]),
        unit=ConfigHistogramUnit.Milliseconds,
        value_format="%DURATION%",
    )
    # Each logger has a scope and limits of its own, because Envoy 1.40 crashes at its end if loggers share a
    # scope by `sharing_name`. The series of all scopes appear as one metric.
    scope = Scope(prefix=PREFIX, max_counters=STATUSES_A_METHOD * methods, max_histograms=methods)
    return AccessLog(
        name="envoy.access_loggers.stats",
        filter=calls,
        typed_config=typed_config(
            Config(stats_scope=scope, counters=[counter], histograms=[histogram] if timed else [])
        ),
    )


def _drop(values: Sequence[str]) -> Matcher:
    """Return the rule that counts no call whose tag has one of `values`.

    A call without a route has an empty service, and is left out because its method may have any name.
    """
    drop = XdsTypedExtensionConfig(
        name="drop", typed_config=typed_config(TransformStat(drop_stat=TransformStatDropStat()))
    )
    return Matcher(
        matcher_list=MatcherMatcherList(
            matchers=[
                MatcherMatcherListFieldMatcher(predicate=_is(value), on_match=MatcherOnMatch(action=drop))
                for value in values
            ]
        )
    )


def _is(value: str) -> MatcherMatcherListPredicate:
    return MatcherMatcherListPredicate(
        single_predicate=MatcherMatcherListPredicateSinglePredicate(
            input=XdsTypedExtensionConfig(name="value", typed_config=typed_config(StatTagValueInput())),
            value_match=XdsStringMatcher(exact=value),
        )
    )
