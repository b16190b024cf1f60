"""Whether alarms reach somebody."""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, cast

from ecs_envoy.configuration.proxies.views import stack_name
from ecs_envoy.doctor.account import Account, MissingError
from ecs_envoy.doctor.result import Result, ok, problem, warning

CLOUDWATCH = "cloudwatch.amazonaws.com"


def check_alarm_topic(account: Account) -> Iterator[Result]:
    """Look whether CloudWatch may publish to the alarms' topic, and whether somebody subscribes to it."""
    cloudwatch = account.configuration.telemetry.cloudwatch
    if cloudwatch is None:
        yield ok("alarms", "are off; telemetry.cloudwatch turns them on")
        return
    topics = [cloudwatch.topic] if cloudwatch.topic else _own_topics(account)
    for topic in topics:
        attributes = account.sns.get_topic_attributes(TopicArn=topic)["Attributes"]
        policy: Mapping[str, Any] = json.loads(attributes.get("Policy", "{}"))
        if not may_publish(policy, account.configuration.account, topic):
            yield problem(
                topic,
                f"its policy does not let {CLOUDWATCH} publish for {account.configuration.account}, so no "
                "alarm reaches anybody; allow sns:Publish to it with the condition aws:SourceAccount",
            )
        elif attributes.get("SubscriptionsConfirmed") == "0":
            yield warning(topic, "alarms may publish, but nobody has subscribed to it; add a subscription")
        else:
            yield ok(topic, "alarms may publish")


def _own_topics(account: Account) -> list[str]:
    topics = list(
        filter(
            None,
            account.stack_resources(
                stack_name(account.configuration, "monitoring"), "AWS::SNS::Topic"
            ).values(),
        )
    )
    if not topics:
        raise MissingError("the monitoring's stack has no topic")
    return topics


def may_publish(policy: Mapping[str, Any], account: str, topic: str) -> bool:
    """Return whether `policy` of `topic` lets CloudWatch's alarms in `account` publish by HTTPS."""
    # The keys of the request that CloudWatch makes ("Amazon SNS: example cases", AWS sends from the account).
    request = {
        "aws:sourceaccount": account,
        "aws:sourceowner": account,
        "aws:principalaccount": account,
        "aws:sourcearn": f"{topic.rpartition(':')[0]}:alarm".replace(":sns:", ":cloudwatch:") + ":any",
        "aws:securetransport": "true",
        "aws:principalisawsservice": "true",
    }
    statements: list[Mapping[str, Any]] = _listed(policy.get("Statement", []))
    matching = [s["Effect"] for s in statements if _applies(s, topic, request)]
    return "Allow" in matching and "Deny" not in matching


def _applies(statement: Mapping[str, Any], topic: str, request: Mapping[str, str]) -> bool:
    principal: Any = statement.get("Principal", {})
    named: list[Any] = [principal]
    if principal != "*":
        named = [*_listed(principal.get("Service", [])), *_listed(principal.get("AWS", []))]
    actions = _lower(statement.get("Action", []))
    return (
        any(name in {"*", CLOUDWATCH} for name in named)
        and any(fnmatchcase("sns:publish", action) for action in actions)
        and any(fnmatchcase(topic, resource) for resource in _listed(statement.get("Resource", "*")))
        and _conditions_hold(statement.get("Condition", {}), request)
    )


def _conditions_hold(conditions: Mapping[str, Mapping[str, Any]], request: Mapping[str, str]) -> bool:
    return all(
        _condition_holds(
            operator.lower(), request.get(key.lower()), [str(v).lower() for v in _listed(values)]
        )
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


def _condition_holds(operator: str, actual: str | None, wanted: list[str]) -> bool:
    """Return whether `actual`, a value of the request or None, is as `operator` wants it.

    As in "IAM JSON policy elements: Condition operators": a negated operator holds for a key that the request
    does not have.
    """
    operator = operator.rpartition(":")[2]  # ForAnyValue and ForAllValues are the same for one value
    if operator == "null":
        return str(actual is None).lower() in wanted
    if actual is None:
        return "not" in operator or operator.endswith("ifexists")
    like = "like" in operator or operator.startswith("arn")
    matches = any(_like(actual.lower(), value) if like else actual.lower() == value for value in wanted)
    return matches != ("not" in operator)


def _like(text: str, pattern: str) -> bool:
    # CloudWatch's own ARN is any alarm of the account, so a pattern is compared up to the alarm's name.
    return fnmatchcase(text, pattern) or pattern.startswith(text.removesuffix("any"))


def _listed(value: Any) -> list[Any]:  # noqa: ANN401
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _lower(value: Any) -> list[str]:  # noqa: ANN401
    return [str(part).lower() for part in _listed(value)]
