"""The settings of the discovery sidecar, as a task definition has them."""

import json

from ecs_envoy.plan.packed_bootstrap import unpack
from ecs_envoy.review.assembly.json_value import Json


def discovery_settings(text: str) -> dict[str, Json]:
    """Return the settings in `text`, with the list of services where they are packed.

    Raises:
        ValueError: They are no JSON object, or the services cannot be unpacked.

    """
    values: Json = json.loads(text)
    if not isinstance(values, dict):
        raise ValueError("these are no settings; they have to be a JSON object")
    services = values.get("services")
    return {**values, "services": json.loads(unpack(services))} if isinstance(services, str) else values
