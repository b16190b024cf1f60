"""Renders Envoy's messages as the JSON that Envoy reads."""

import json
from typing import cast

from betterproto2 import Casing, Message


def _field_name(name: str) -> str:
    return name


def to_json(message: Message) -> str:
    """Return `message` as compact JSON with Envoy's own field names.

    Fields that are not set are left out, so that Envoy's defaults apply. The same message gives
    the same bytes.
    """
    # betterproto2's casings write consecutive_5xx as consecutive_5_xx or consecutive5Xx, which Envoy refuses.
    # The generated field names already are the protobuf names.
    fields = message.to_dict(casing=cast("Casing", _field_name))
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=True)
