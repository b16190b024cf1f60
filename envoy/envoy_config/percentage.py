"""Percentages as Envoy's fractions."""

from envoy_config.messages import FractionalPercent, FractionalPercentDenominatorType


def fractional_percent(percent: float) -> FractionalPercent:
    """Return `percent`, rounded to hundredths."""
    return FractionalPercent(
        numerator=round(percent * 100), denominator=FractionalPercentDenominatorType.TEN_THOUSAND
    )
