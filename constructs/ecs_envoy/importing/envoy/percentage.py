"""Envoy's `FractionalPercent`."""

from ecs_envoy.importing.part import Part

_DENOMINATORS = {"HUNDRED": 1, "TEN_THOUSAND": 100, "MILLION": 10_000}


def percent(fraction: Part) -> float | None:
    """Return a FractionalPercent in percent; None if it is not given."""
    if not fraction.values:
        return None
    size = _DENOMINATORS.get(fraction.text("denominator") or "HUNDRED", 1)
    share = (fraction.number("numerator") or 0) / size
    return int(share) if share == int(share) else share
