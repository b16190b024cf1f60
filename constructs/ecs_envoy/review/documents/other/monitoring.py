"""Alarms, dashboards and log queries of CloudWatch."""

import re
from collections.abc import Mapping, Sequence

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.comment.page import code, enumeration
from ecs_envoy.review.documents.trees.rules import (
    WHERE,
    added_and_removed,
    instead,
    items,
    rule,
    statement,
    value,
)
from ecs_envoy.review.documents.trees.shown import duration, shown

_COMPARISONS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
}


def _comparison(found: Json) -> str:
    return _COMPARISONS.get(shown(found), shown(found))


def _seconds(found: Json) -> str:
    return duration(float(found)) if isinstance(found, int | float) else shown(found)


ALARM = (
    rule("AlarmName", value("name", default="made by CloudFormation")),
    rule("Threshold", value("threshold", default="none")),
    rule("ComparisonOperator", value("comparison", _comparison)),
    rule("Period", value("period", _seconds)),
    rule("EvaluationPeriods", value("periods")),
    rule("DatapointsToAlarm", value("periods over the threshold", default="all")),
    rule("Statistic", value("statistic")),
    rule("ExtendedStatistic", value("statistic")),
    rule("MetricName", instead("metric")),
    rule("Namespace", instead("namespace of the metric")),
    rule("Dimensions/*/Value", value(f"dimension {WHERE}")),
    rule("Metrics/*/Expression", value(f"expression {WHERE}")),
    rule("Metrics/*/MetricStat/Metric/MetricName", value(f"metric {WHERE}")),
    rule("Metrics/*/MetricStat/Metric/Dimensions/*/Value", value(f"dimension {WHERE}")),
    rule("Metrics/*/MetricStat/Period", value(f"period of {WHERE}", _seconds)),
    rule("Metrics/*/Period", value(f"period of {WHERE}", _seconds)),
    rule("Metrics/*/MetricStat/Stat", value(f"statistic of {WHERE}")),
    rule("Metrics/*/Label", statement("labels differ")),
    rule("TreatMissingData", value("missing data", default="missing")),
    rule("ActionsEnabled", value("actions enabled", default="true")),
    rule("AlarmActions", added_and_removed("action")),
    rule("OKActions", added_and_removed("action when it is well again")),
    rule("InsufficientDataActions", added_and_removed("action without data")),
    rule("AlarmDescription", statement("its description differs")),
    rule("AlarmRule", value("rule")),
)
"""Of an alarm's properties (CloudFormation's reference: AWS::CloudWatch::Alarm)."""


def alarm_text(properties: Mapping[str, Json]) -> str:
    """Return what raises an alarm and what it does, such as `CPUUtilization > 60 in 5 of 5 periods of 1m`."""
    looked_at = _looked_at(properties.get("Metrics"))
    metric = properties.get("MetricName") or _metric_name(looked_at) or "a metric"
    periods = properties.get("EvaluationPeriods", 1)
    least = properties.get("DatapointsToAlarm", periods)
    comparison, threshold = _comparison(properties.get("ComparisonOperator")), properties.get("Threshold")
    seconds = properties.get("Period", _period(properties.get("Metrics")))
    period = f" of {_seconds(seconds)}" if seconds else ""
    actions = properties.get("AlarmActions")
    told = f", tells {shown(actions)}" if actions else ", tells nobody"
    times = f"{shown(least)} of {shown(periods)} periods{period}"
    return f"{shown(metric)} {comparison} {shown(threshold)} in {times}{told}"


def _looked_at(metrics: Json) -> Mapping[str, Json]:
    """Return the metric that an alarm with several compares with its threshold."""
    found = [m for m in metrics if isinstance(m, dict)] if isinstance(metrics, list) else []
    return next((metric for metric in found if metric.get("ReturnData", True)), dict[str, Json]())


_SHORT_EXPRESSION = 60


def _metric_name(metric: Mapping[str, Json]) -> Json:
    match metric:
        case {"MetricStat": {"Metric": {"MetricName": str(name)}}}:
            return name
        case {"Expression": str(expression)} if len(expression) <= _SHORT_EXPRESSION:
            return expression
        case _:
            # A long expression says less than what it is called.
            return metric.get("Label") or metric.get("Id")


def _period(metrics: Json) -> Json:
    """Return the period of the first of several metrics that has one; all have the same in practice."""
    for metric in metrics if isinstance(metrics, list) else []:
        match metric:
            case {"MetricStat": {"Period": seconds}} | {"Period": seconds}:
                return seconds
            case _:
                pass
    return None


def _last(reference: Json) -> str:
    """Return an alarm's name: the last part of its path."""
    return shown(reference).rpartition("/")[2].removesuffix(".Arn}")


DASHBOARD = (
    rule("widgets", items("widget", "widgets")),
    *(rule(f"widgets/*/{key}", statement("the layout differs")) for key in ("x", "y", "width", "height")),
    rule("widgets/*/properties/metrics", items("metric", "metrics", of=f"{WHERE}: ")),
    rule("widgets/*/properties/metrics/*", statement("metrics that stay have other dimensions or options")),
    rule("widgets/*/properties/alarms", items("alarm", "alarms", _last, of=f"{WHERE}: ")),
    rule("widgets/*/properties/title", value("title")),
    rule("widgets/*/properties/markdown", statement(f"{WHERE}: its text differs")),
    rule("widgets/*/properties/query", statement(f"{WHERE}: its query differs")),
    rule("widgets/*/properties/period", value(f"{WHERE}: period", _seconds)),
    rule("widgets/*/properties/view", value(f"{WHERE}: view")),
    rule("start", value("shows the time from")),
)
"""Of a dashboard (CloudWatch's API reference: Dashboard Body Structure and Syntax)."""


def dashboard(body: Json) -> Json:
    """Return a dashboard with its widgets by title, and with each metric as a text."""
    if not isinstance(body, dict):
        return body
    found: dict[str, Json] = {}
    widgets = body.get("widgets")
    for widget in widgets if isinstance(widgets, list) else []:
        if not isinstance(widget, dict):
            continue
        properties = widget.get("properties")
        shape = dict(properties) if isinstance(properties, dict) else {}
        if isinstance(metrics := shape.get("metrics"), list):
            shape["metrics"] = _metrics(metrics)
        title = shape.pop("title", None) or f"without a title, {shown(widget.get('type'))}"
        name = shown(title)
        while name in found:
            name += " (again)"
        found[name] = {**widget, "properties": shape}
    return {**body, "widgets": found}


def _metrics(metrics: list[Json]) -> dict[str, Json]:
    """Return metrics by what a reader knows them by: their labels, or else their ids or names."""
    found: dict[str, Json] = {}
    for metric in metrics:
        parts = metric if isinstance(metric, list) else [metric]
        options = next((part for part in parts if isinstance(part, dict)), dict[str, Json]())
        hidden = options.get("visible") is False
        names = [options.get("id")] if hidden else [options.get("label")]
        name = shown(next((n for n in (*names, options.get("expression"), *parts[1:2]) if n), "metric"))
        while name in found:
            name += " (again)"
        found[name] = [shown(part) for part in parts]
    return found


def gathered(texts: Sequence[str]) -> tuple[str, ...]:
    """Return `texts` with what several widgets have in common said once."""
    by_rest: dict[str, list[str]] = {}
    for text in texts:
        found = re.match(r"(`[^`]*`): ", text)
        by_rest.setdefault(text[found.end() :] if found else text, []).append(found[1] if found else "")
    return tuple(
        f"{f'{len(names)} widgets' if len(names) > 3 else enumeration(names)}: {rest}" if names[0] else rest
        for rest, names in by_rest.items()
    )


def name_of_alarm(properties: Mapping[str, Json], path: str) -> str:
    """Return what people call an alarm."""
    return code(shown(properties.get("AlarmName")) or path)
