"""The text of a comment."""

import pytest

from ecs_envoy.posting.comment import fitting, is_of, marker, same

POINTER = "See the artifact."


def test_a_text_that_fits_stays_as_it_is() -> None:
    assert fitting("x" * 1000, 1000, POINTER) == "x" * 1000


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        pytest.param("", "", id="nothing is open"),
        pytest.param("```yaml\n", "```\n", id="code"),
        pytest.param("````yaml\n```\n", "````\n", id="code with three backticks in it"),
        pytest.param("<details><summary>a</summary>\n", "\n</details>\n", id="details"),
        pytest.param("<details>\n```\n<details>\n", "```\n\n</details>\n", id="code within details"),
    ],
)
def test_what_is_open_where_a_text_is_cut_is_closed(opening: str, closing: str) -> None:
    text = fitting(opening + "a line\n" * 500, 1000, POINTER)
    assert len(text) <= 1000
    assert text.endswith(f"a line\n{closing}\n**The rest is too long for a comment.** {POINTER}\n")


def test_a_comment_is_known_by_its_first_line() -> None:
    ours = marker("0123456789ab")
    assert is_of(f"{ours}\r\ntext", "0123456789ab")
    assert not is_of(f"{ours}\ntext", "ba9876543210")
    assert not is_of(f"> {ours}\ntext", "0123456789ab")


def test_the_ends_of_lines_are_no_difference() -> None:
    assert same("a\r\nb\r\n", "a\nb")
    assert not same("a\nb", "a\nc")
