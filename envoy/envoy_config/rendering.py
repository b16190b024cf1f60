"""Envoy's messages as the text that Envoy reads."""

import json
from typing import cast

from betterproto2 import Casing, Message


def _field_name(name: str) -> str:
    return name


def to_json(message: Message) -> str:
    """Return `message` as compact JSON with Envoy's own field names.

    What is not set is left out, so that Envoy's default holds. The same message gives
    the same bytes.
    """
    # betterproto2's own casings write consecutive_5xx as consecutive_5_xx and consecutive5Xx, which Envoy
    # refuses. The generated field names are the protobuf names already.
    fields = message.to_dict(casing=cast("Casing", _field_name))
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=True)
