"""The checkout of ecs-envoy that this package runs from, if it runs from one."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]

NO_CHECKOUT = "rehearse deploys the stacks of a checkout of ecs-envoy; run it there, after make setup"


def is_checkout() -> bool:
    """Return whether this package runs from a checkout, and not from an installed wheel."""
    return (CHECKOUT / "rehearsal/__main__.py").is_file()
