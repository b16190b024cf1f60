"""Saved queries of the access log in CloudWatch Logs Insights."""

from aws_cdk import aws_logs as logs
from constructs import Construct

import envoy_config
from envoy_config.access_log import ERROR_OR_SLOW, SAMPLE

_FAILED = "grpc_status not in ['OK', 'CANCELLED']"
"""A call that its client cancelled has not failed."""


def log_queries(access_log: envoy_config.AccessLog) -> dict[str, str]:
    """Return the text of each query by its name.

    Queries for rates and durations use the sample, because it is unbiased. Queries for failed calls use
    the lines that contain all of them.
    """
    sampled = f"filter reason = '{SAMPLE}'"
    whole = SAMPLE if access_log.sample_percent == 100 else ERROR_OR_SLOW
    factor = f"{100 / access_log.sample_percent:g}" if access_log.sample_percent else "0"
    return {
        "errors by method": _lines(
            f"filter reason = '{whole}' and {_FAILED}",
            "stats count(*) as errors by grpc_method, grpc_status",
            "sort errors desc",
        ),
        "p99 by method": _lines(
            sampled,
            f"stats count(*) * {factor} as calls, pct(duration_ms, 50) as p50, pct(duration_ms, 99) as p99 "
            "by grpc_method",
            "sort p99 desc",
        ),
        "slowest tasks": _lines(
            sampled,
            "stats count(*) as sampled, avg(duration_ms) as mean, pct(duration_ms, 99) as p99 "
            "by service, upstream_task",
            "sort p99 desc",
            "limit 20",
        ),
        "retries": _lines(
            f"{sampled} and attempts > 1",
            f"stats count(*) * {factor} as retried, max(attempts) as most by grpc_method, response_flags",
            "sort retried desc",
        ),
        "skew": _lines(
            sampled,
            "stats count(*) as calls by service, upstream_task",
            "stats max(calls) / avg(calls) as max_over_mean, count(*) as tasks by service",
            "sort max_over_mean desc",
        ),
        "failed and slow calls": _lines(
            f"filter reason = '{whole}'"
            + (f" and ({_FAILED} or duration_ms >= {_ms(access_log)})" if whole == SAMPLE else ""),
            "fields time, grpc_method, grpc_status, duration_ms, client, upstream_task, response_flags, "
            "details, traceparent",
            "sort @timestamp desc",
            "limit 100",
        ),
    }


def add_log_queries(
    scope: Construct, *, log_group: logs.ILogGroup, proxy: str, access_log: envoy_config.AccessLog
) -> None:
    """Save the queries in a folder named like `proxy`, since names are unique in an account and region."""
    for name, text in log_queries(access_log).items():
        logs.CfnQueryDefinition(
            scope,
            "Query" + name.title().replace(" ", ""),
            name=f"ecs-envoy/{proxy}/{name}",
            log_group_names=[log_group.log_group_name],
            query_string=text,
        )


def _lines(*commands: str) -> str:
    return "\n| ".join(commands)


def _ms(access_log: envoy_config.AccessLog) -> int:
    return round(access_log.slower_than.total_seconds() * 1000)
