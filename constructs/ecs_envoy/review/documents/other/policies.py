"""IAM policies, statement by statement."""

from collections.abc import Iterator, Mapping

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.comment.page import code, enumeration
from ecs_envoy.review.documents.trees.shown import shown

DOCUMENTS = (
    "PolicyDocument",
    "AssumeRolePolicyDocument",
    "KeyPolicy",
    "ResourcePolicy",
    "RepositoryPolicyText",
)
"""The properties that are policies."""

_Rest = tuple[str, str, str]
"""What a statement says besides its actions: effect, on what or by whom, on which condition."""


def policy_lines(old: Json, new: Json) -> Iterator[str]:
    """Yield a line for each right that comes or goes; the order of statements and lists does not matter."""
    before, after = _by_rest(old), _by_rest(new)
    for rest in [*after, *(rest for rest in before if rest not in after)]:
        was, is_now = before.get(rest), after.get(rest)
        if was is None:
            yield f"added: {code(_statement(rest, is_now or []))}"
        elif is_now is None:
            yield f"removed: {code(_statement(rest, was))}"
        elif was != is_now:
            gained = [action for action in is_now if action not in was]
            lost = [action for action in was if action not in is_now]
            changes = [f"added {', '.join(map(code, gained))}"] if gained else []
            changes += [f"removed {', '.join(map(code, lost))}"] if lost else []
            yield f"{code(_statement(rest, []))}: {enumeration(changes)}"


def _statement(rest: _Rest, actions: list[str]) -> str:
    effect, place, condition = rest
    parts = [effect, ", ".join(actions), place, condition]
    return " ".join(part for part in parts if part)


def _by_rest(policy: Json) -> dict[_Rest, list[str]]:
    """Return the actions of a policy by the rest of their statements: a policy may spread them at will."""
    found: dict[_Rest, set[str]] = {}
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    for statement in statements if isinstance(statements, list) else [statements]:
        if isinstance(statement, dict):
            rest = (str(statement.get("Effect", "Allow")).lower(), _place(statement), _condition(statement))
            found.setdefault(rest, set()).update(_actions(statement))
    return {rest: sorted(actions) for rest, actions in found.items()}


def _actions(statement: Mapping[str, Json]) -> list[str]:
    if "NotAction" in statement:
        return [f"all but {', '.join(_list(statement['NotAction']))}"]
    return _list(statement.get("Action"))


def _place(statement: Mapping[str, Json]) -> str:
    parts: list[str] = []
    for key, word in (("Resource", "on"), ("NotResource", "on all but")):
        if key in statement:
            parts.append(f"{word} {', '.join(_list(statement[key]))}")
    for key, word in (("Principal", "by"), ("NotPrincipal", "by all but")):
        match statement.get(key):
            case None:
                pass
            case dict() as principals:
                parts += [f"{word} {', '.join(_list(item))}" for _, item in sorted(principals.items())]
            case everybody:
                parts.append(f"{word} {shown(everybody)}")
    return " ".join(parts)


def _condition(statement: Mapping[str, Json]) -> str:
    match statement.get("Condition"):
        case dict() as conditions:
            texts = [
                f"{operator} {key} {', '.join(_list(item))}"
                for operator, keys in sorted(conditions.items())
                if isinstance(keys, dict)
                for key, item in sorted(keys.items())
            ]
            return f"if {' and '.join(texts)}"
        case _:
            return ""


def _list(value: Json) -> list[str]:
    return sorted(shown(item) for item in value) if isinstance(value, list) else [shown(value)]
