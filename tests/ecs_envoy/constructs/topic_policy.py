"""Evaluates a resource policy as IAM does: a Deny that matches wins, and without an Allow there is none."""

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to a topic: who asks, for what, and the keys that conditions read."""

    service: str
    action: str
    context: Mapping[str, str]


def allows(policy: Mapping[str, Any], request: Request) -> bool:
    """Return whether `policy` alone lets `request` through."""
    hits = [statement["Effect"] for statement in policy["Statement"] if _matches(statement, request)]
    return "Allow" in hits and "Deny" not in hits


def _matches(statement: Mapping[str, Any], request: Request) -> bool:
    unknown = statement.keys() - {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
    assert not unknown, f"this evaluator does not know {unknown}"
    return (
        _principal(statement["Principal"], request.service)
        and any(fnmatch.fnmatchcase(request.action.lower(), a.lower()) for a in _list(statement["Action"]))
        and all(
            _condition(operator, key, _list(values), request.context.get(key))
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _principal(principal: Any, service: str) -> bool:  # noqa: ANN401  # JSON
    if principal == "*" or "*" in _list(principal.get("AWS", [])):
        return True
    return service in _list(principal.get("Service", []))


def _condition(operator: str, key: str, wanted: Sequence[object], there: str | None) -> bool:
    if there is None:
        return False  # a key that is missing matches no operator without IfExists
    match operator:
        case "StringEquals":
            return there in wanted
        case "Bool":
            return there.lower() in [str(value).lower() for value in wanted]
        case "ArnLike":
            return any(fnmatch.fnmatchcase(there, str(value)) for value in wanted)
        case _:
            raise AssertionError(f"this evaluator does not know {operator} of {key}")


def _list(value: Any) -> list[Any]:  # noqa: ANN401  # JSON
    return [*value] if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]
