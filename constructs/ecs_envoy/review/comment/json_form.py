"""Writes a review as JSON, for programs."""

import dataclasses
import json
from collections.abc import Sequence
from enum import Enum

from ecs_envoy.review.comment.summary import summary
from ecs_envoy.review.sections import EnvironmentReview


def json_form(reviews: Sequence[EnvironmentReview], *, compared: str) -> str:
    """Return everything that was found; the same input gives the same bytes."""
    environments = [
        {"summary": summary(review), "differs": review.differs, **dataclasses.asdict(review)}
        for review in reviews
    ]
    found = {"compared": compared, "environments": environments}
    return json.dumps(found, indent=2, ensure_ascii=False, default=_value) + "\n"


def _value(member: Enum) -> object:
    return member.value
