"""`--fail-on`: what makes the comparison fail."""

import pytest

from ecs_envoy.review.gates import BadGateError, failures, read_gates
from ecs_envoy.review.sections import Care, CareKind, Cost, CostLine, EnvironmentReview


def reviewed(
    *kinds: CareKind, before: float = 100.0, after: float = 100.0, most: float = 0.0
) -> EnvironmentReview:
    line = CostLine(name="Fargate", before=before, after=after, before_most=before, after_most=most or after)
    return EnvironmentReview(
        name="prod",
        care=tuple(Care(kind=kind, text="`x` goes", place="prod-services/x") for kind in kinds),
        cost=Cost(lines=(line,)),
    )


@pytest.mark.parametrize(
    ("gates", "review", "expected"),
    [
        ("", reviewed(*CareKind, after=900.0), []),
        ("deletion", reviewed(CareKind.REPLACEMENT), []),
        ("deletion", reviewed(CareKind.DELETION), ["prod: deletion: x goes (prod-services/x)"]),
        ("replacement, widening", reviewed(CareKind.WIDENING), ["prod: widening: x goes (prod-services/x)"]),
        ("cost:+10%", reviewed(after=110.0), []),
        ("cost:+10%", reviewed(after=110.1), ["prod: cost: +10.1%, over +10 %"]),
        ("cost:+10%", reviewed(after=100.0, most=150.0), ["prod: cost: +50.0%, over +10 %"]),
        ("cost:+10%", reviewed(before=0.0, after=5.0), ["prod: cost: new, over +10 %"]),
        ("cost:+25", reviewed(after=125.0), []),
        ("cost:+25", reviewed(after=126.0), ["prod: cost: +26.00 USD a month, over +25"]),
        ("cost:+0", reviewed(after=90.0), []),
    ],
)
def test_a_gate_fails_for_what_it_names_only(
    gates: str, review: EnvironmentReview, expected: list[str]
) -> None:
    assert failures(read_gates(gates), [review]) == expected


@pytest.mark.parametrize("gates", ["rain", "cost", "cost:10%", "cost:+x", "deletion replacement"])
def test_fails_on_a_gate_that_does_not_exist(gates: str) -> None:
    with pytest.raises(BadGateError, match="give some of replacement, deletion"):
        read_gates(gates)
