"""The comment in each format."""

import json
from dataclasses import replace

import click
import pytest

from ecs_envoy.review.comment.json_form import json_form
from ecs_envoy.review.comment.markdown import markdown
from ecs_envoy.review.comment.page import Page
from ecs_envoy.review.comment.terminal import terminal
from ecs_envoy.review.comment.web import web
from ecs_envoy.review.comment.wording import page
from ecs_envoy.review.resources.changes import Kind, ResourceChange
from ecs_envoy.review.sections import (
    Care,
    CareKind,
    Cost,
    CostLine,
    DocumentChange,
    EnvironmentReview,
    Existence,
    Meaning,
)


def change(number: int, kind: Kind = Kind.CHANGED) -> ResourceChange:
    name = f"app/T{number}"
    return ResourceChange(
        id=name, new_id=name, type="AWS::SNS::Topic", path=f"app/Topic{number}", kind=kind, old={}, new={}
    )


def whole(*, resources: int = 1, lines: int = 1, name: str = "prod") -> EnvironmentReview:
    found = [change(number) for number in range(resources)]
    return EnvironmentReview(
        name=name,
        restarts=("the proxy", "lessons"),
        care=(Care(kind=CareKind.WIDENING, text="everybody may call `grpc`", place="prod-proxy/Group"),),
        meaning=(Meaning(cause="`lessons`: timeout 3s → 1s", consequences=("the proxy rolls",)),),
        envoy=(
            DocumentChange(
                title="`grpc`", lines=("lessons: timeout 3s → 1s",), diff="-a: 1\n+a: 2\n" * lines
            ),
        ),
        resources=tuple(found),
        details={c.new_id: tuple(f"`P{n}`: `1` → `2`" for n in range(lines)) for c in found},
        cost=Cost(
            lines=(CostLine(name="NAT", before=1, after=3, before_most=1, after_most=3),),
            assumptions=("prices of 2026",),
        ),
    )


def commented(*reviews: EnvironmentReview) -> Page:
    return page(list(reviews), compared="compared main with the working tree")


def test_its_parts_stand_in_the_order_of_importance() -> None:
    text = markdown(commented(whole()))
    parts = ["Needs care", "What it means", "Envoy's configuration", "Resources", "Cost"]
    assert sorted(parts, key=text.index) == parts


def test_what_costs_the_same_is_one_line() -> None:
    lines = [
        CostLine(name=name, before=1, after=after, before_most=1, after_most=after)
        for name, after in (("NAT", 3), ("ALBs, 1", 1), ("dashboards, 1", 1))
    ]
    text = markdown(commented(replace(whole(), cost=Cost(lines=tuple(lines)))))
    assert "| NAT | 1.00 | 3.00 |" in text
    assert "| what stays the same, lines: 2 | 2.00 | 2.00 |" in text
    assert "ALBs" not in text


def test_what_no_deployment_deletes_is_not_saved_yet() -> None:
    saved = Cost(lines=(CostLine(name="NAT", before=3, after=0, before_most=3, after_most=0),))
    left = replace(whole(), stacks_removed=("old",), cost=saved)
    assert "-3.00 USD a month once the stack that leaves is deleted" in markdown(commented(left))


def test_the_first_line_says_it_all() -> None:
    first = markdown(commented(whole())).splitlines()[0]
    assert first == (
        "### prod: 1 resource changes, nothing is replaced, the proxy rolls, lessons rolls, +2.00 USD a month"
    )


@pytest.mark.parametrize(
    ("review", "expected"),
    [
        (EnvironmentReview(name="prod"), "prod: nothing changes"),
        (
            EnvironmentReview(name="prod", existence=Existence.NEW, resources=(change(1, Kind.ADDED),)),
            "prod: is new, 1 resource",
        ),
        (
            EnvironmentReview(name="prod", existence=Existence.GONE, stacks_removed=("a",)),
            "prod: is gone from the app; ",
        ),
        (
            EnvironmentReview(name="prod", resources=(change(1), change(2, Kind.REPLACED))),
            "prod: 1 resource changes, 1 is replaced",
        ),
        (
            EnvironmentReview(name="prod", resources=(change(1), change(2))),
            "prod: 2 resources change, nothing is replaced",
        ),
    ],
)
def test_an_environment_has_its_line(review: EnvironmentReview, expected: str) -> None:
    assert expected in terminal(commented(review)).replace("\x1b[1m", "").replace("\x1b[4m", "")


def test_a_name_cannot_call_a_team_or_break_the_page() -> None:
    odd = EnvironmentReview(
        name="prod",
        resources=(change(1),),
        meaning=(Meaning(cause="@team <script>alert(1)</script> | *x* [y](z) #12"),),
    )
    text = markdown(commented(odd))
    line = next(line for line in text.splitlines() if "team" in line)
    assert line == "- &#64;team &lt;script&gt;alert(1)&lt;/script&gt; \\| \\*x\\* \\[y\\](z) \\#12"
    assert "<script>" not in web(commented(odd))


def test_a_diff_cannot_end_its_own_code_block() -> None:
    odd = EnvironmentReview(
        name="prod", resources=(change(1),), envoy=(DocumentChange(title="x", diff="+a: ```\n+<b>"),)
    )
    assert "````diff\n+a: ```\n+<b>\n````" in markdown(commented(odd))


@pytest.mark.parametrize("longest", [60_000, 20_000, 5_000, 1_500])
def test_a_long_comment_is_cut_to_its_length_and_says_how_much_was_left_out(longest: int) -> None:
    text = markdown(
        commented(*(whole(resources=200, lines=30, name=name) for name in ("a", "b"))), longest=longest
    )
    assert len(text) <= longest
    assert "left out here" in text
    assert text.count("### ") == 2


def test_what_is_important_is_cut_last() -> None:
    text = markdown(commented(whole(resources=2_000, lines=3)), longest=3_000)
    assert "everybody may call `grpc`" in text
    assert "timeout 3s → 1s" in text
    assert text.count("left out here") == 1


def test_a_comment_of_very_many_environments_is_still_short_enough() -> None:
    assert len(markdown(commented(*(whole(name=f"environment-{n}") for n in range(2_000))))) <= 60_000


def test_every_format_says_the_same() -> None:
    review = whole()
    texts = [click.unstyle(terminal(commented(review))), web(commented(review)), markdown(commented(review))]
    for text in (*texts, json_form([review], compared="main")):
        for word in ("everybody may call", "timeout 3s → 1s", "NAT", "prices of 2026", "AWS::SNS::Topic"):
            assert word in text, (word, text)


def test_json_has_everything_that_was_found() -> None:
    (environment,) = json.loads(json_form([whole()], compared="main"))["environments"]
    assert environment["summary"].startswith("prod: 1 resource changes")
    assert environment["care"][0]["kind"] == "widening"
    assert environment["resources"][0]["kind"] == "changed in place"
