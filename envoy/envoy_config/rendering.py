"""Renders Envoy's messages as the JSON that Envoy reads."""

import json

from envoy_config.messages import Message, json_of


def to_json(message: Message) -> str:
    """Return `message` as compact JSON with Envoy's own field names.

    Fields that are not set are left out, so that Envoy's defaults apply. The same message gives
    the same bytes.
    """
    return json.dumps(json_of(message), separators=(",", ":"), ensure_ascii=True)
