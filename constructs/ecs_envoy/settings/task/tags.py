"""Tags of AWS resources."""

from typing import Annotated

from envoy_config.values import text

_key = text(
    r"(?!aws:)[\w .:/=+@-]+",
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
Tags = dict[TagKey, TagValue]
