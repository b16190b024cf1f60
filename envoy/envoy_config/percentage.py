"""A part of all calls, as Envoy's fractions."""

from envoy_data_plane.envoy.type.v3 import FractionalPercent, FractionalPercentDenominatorType


def fractional_percent(percent: float) -> FractionalPercent:
    """Return `percent` to the hundredth."""
    return FractionalPercent(
        numerator=round(percent * 100), denominator=FractionalPercentDenominatorType.TEN_THOUSAND
    )
