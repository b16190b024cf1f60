"""Where the calls of services with a canary went: fields of their log lines, and labels of their metrics."""

from collections.abc import Sequence

from envoy_config.load_balancing import VERSION_KEY
from envoy_config.method_routes import canaries_of
from envoy_config.model import Service


def canary_fields(services: Sequence[Service]) -> dict[str, str]:
    """Return the fields, as Envoy's access log writes their values; none without a canary.

    `service` stays the one that the call was for. `upstream_service` is the one whose task got it.
    """
    canaries = canaries_of(services)
    fields: dict[str, str] = {}
    if any(canary.to for canary in canaries):
        fields["upstream_service"] = "%UPSTREAM_CLUSTER%"
    if any(canary.version for canary in canaries):
        fields["version"] = f"%UPSTREAM_METADATA(envoy.lb:{VERSION_KEY})%"
    return fields
