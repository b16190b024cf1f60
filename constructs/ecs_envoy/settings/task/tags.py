"""Tags of AWS resources."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

from envoy_config.values import problem, text

_key = text(
    r"(?![aA][wW][sS]:)[\w .:/=+@-]+",
    "the key of a tag",
    "letters, digits, spaces and _.:/=+-@, without aws: at its start, such as team",
    length=128,
)
TagKey = Annotated[str, *_key]
_value = text(
    r"[\w .:/=+@-]*",
    "the value of a tag",
    "letters, digits, spaces and _.:/=+-@, such as learning",
    length=256,
)
TagValue = Annotated[str, *_value]

MAX_TAGS = 47
"""Most resources take 50 tags ("Tagging your AWS resources"), and the CDK gives a subnet three."""

TOO_MANY = "and AWS takes 50 of a resource, of which the CDK may use three"


def twin(key: str, others: Mapping[str, str]) -> str | None:
    """Return the key in `others` that is `key` but for its capitals; None if there is none.

    A role cannot have both ("Rules for tagging in IAM and AWS STS": case sensitivity).
    """
    return next((other for other in others if other != key and other.lower() == key.lower()), None)


def _tags(tags: dict[str, str]) -> dict[str, str]:
    for key in tags:
        if other := twin(key, tags):
            raise problem(f"{key!r} and {other!r} are one key for an IAM role; give one of them")
    if len(tags) > MAX_TAGS:
        raise problem(f"are {len(tags)}, {TOO_MANY}; give {MAX_TAGS} at most")
    return tags


Tags = Annotated[dict[TagKey, TagValue], AfterValidator(_tags)]
