"""Amounts of money as text."""


def amounts(least: float, most: float) -> str:
    """Return a range of USD, or one amount if both are the same to the cent."""
    return f"{least:,.2f}" if abs(most - least) < 0.005 else f"{least:,.2f} to {most:,.2f}"
