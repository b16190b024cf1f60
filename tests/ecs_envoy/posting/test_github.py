"""The comment in a pull request of GitHub: what is asked of GitHub's API, and what the job says."""

import subprocess
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest

from ecs_envoy.posting.api import LONGEST_WAIT, TRIES, Api, ApiError
from ecs_envoy.posting.comment import marker
from tests.ecs_envoy.posting.conftest import run_posting
from tests.ecs_envoy.posting.stubs import BOT, Answer, Stub

pytestmark = pytest.mark.process

KEY = "0123456789ab"
TEXT = "### prod: 3 resources change\n\n- `lessons` rolls\n"
BODY = f"{marker(KEY)}\n{TEXT}"
COMMENTS = "/repos/acme/learning/issues/7/comments"
AGAIN = Answer(status=503, body={"message": "Unavailable"}, headers={"Retry-After": "0"})

Comment = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def comment(job: dict[str, str], tmp_path: Path) -> Comment:
    """Posts a text as the comment of the pull request."""

    def post(text: str = TEXT, key: str = KEY, **variables: str) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "comment.md"
        file.write_text(text)
        return run_posting(
            "github", {**job, "ECS_ENVOY_KEY": key, "ECS_ENVOY_COMMENT": str(file), **variables}
        )

    return post


def test_the_first_comment_is_created(stub: Stub, comment: Comment) -> None:
    stub.add("Looks good to me.", author="octocat")
    done = comment()
    assert (done.returncode, done.stdout) == (0, "the comment: created\n"), done.stderr
    assert stub.writes == [f"POST {COMMENTS}"]
    assert stub.texts[-1] == BODY


def test_the_next_one_takes_its_place(stub: Stub, comment: Comment) -> None:
    stub.add("Looks good to me.", author="octocat")
    stub.add(f"{marker(KEY)}\nof the commit before")
    done = comment()
    assert done.stdout == "the comment: updated\n"
    assert stub.writes == ["PATCH /repos/acme/learning/issues/comments/2"]
    assert stub.texts[-1].replace("\r\n", "\n") == BODY


def test_the_same_comment_again_writes_nothing(stub: Stub, comment: Comment) -> None:
    stub.add(f"{marker(KEY)}\nof the commit before")
    comment()
    stub.asked.clear()
    done = comment()
    assert (done.returncode, done.stdout) == (0, "the comment: unchanged\n")
    assert stub.writes == []


def test_two_uses_in_one_pull_request_have_a_comment_each(stub: Stub, comment: Comment) -> None:
    for _ in range(2):
        for key in (KEY, "ba9876543210"):
            comment(f"by {key}", key)
    assert stub.texts == [f"{marker(key)}\nby {key}" for key in (KEY, "ba9876543210")]


def test_our_comment_is_found_behind_hundreds_of_others(stub: Stub, comment: Comment) -> None:
    for number in range(250):
        stub.add(f"remark {number}", author="octocat")
    stub.add(f"{marker(KEY)}\nof the commit before")
    assert comment().stdout == "the comment: updated\n"
    assert [q.query["page"] for q in stub.asked if q.method == "GET"] == ["1", "2", "3"]


def test_a_comment_of_somebody_else_with_our_marker_stays_as_it_is(stub: Stub, comment: Comment) -> None:
    stub.add(f"{marker(KEY)}\nmine", author="mallory")
    stub.add(f"I quote:\n{marker(KEY)}")
    done = comment()
    assert done.stdout == "the comment: created\n"
    assert stub.texts[:2] == [f"{marker(KEY)}\nmine", f"I quote:\n{marker(KEY)}"]


def test_a_token_of_another_account_finds_its_own_comment(stub: Stub, comment: Comment) -> None:
    stub.add(f"{marker(KEY)}\nold", author="acme-reviewer[bot]")
    done = comment(ECS_ENVOY_AUTHOR="acme-reviewer[bot]")
    assert done.stdout == "the comment: updated\n"


def test_fails_no_job_if_the_token_may_not_comment(stub: Stub, comment: Comment) -> None:
    refusal = Answer(status=403, body={"message": "Resource not accessible by integration"})
    stub.faults["POST"] = deque([refusal])
    done = comment()
    assert done.returncode == 0
    assert done.stdout == (
        f"::warning::the comment is not posted: POST {stub.address}{COMMENTS}: 403 Resource not accessible "
        "by integration; give the job `permissions: pull-requests: write`; the token of a pull request "
        "from a fork never has it: see docs/review.md, Forks\n"
    )
    assert len(stub.asked) == 2  # a refusal is not asked again


def test_a_text_that_is_too_long_is_cut_and_points_to_the_whole(stub: Stub, comment: Comment) -> None:
    rows = "".join(f"- `resource {number}` changes\n" for number in range(3000))
    done = comment(f"### prod\n\n<details><summary>all</summary>\n\n```text\n{rows}```\n</details>\n")
    assert done.stdout == "the comment: created\n"
    (text,) = stub.texts
    assert 65_000 < len(text) <= 65_536
    end = "https://github.com/acme/learning/actions/runs/30433642#artifacts) has the whole.\n"
    assert text.endswith(end)
    assert text.count("```") == 2
    assert text.count("<details>") == text.count("</details>") == 1
    assert "- `resource 1000` changes\n" in text


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(AGAIN, id="5xx"),
        pytest.param(Answer(status=429, headers={"Retry-After": "0"}), id="too many requests"),
        pytest.param(Answer(status=403, headers={"Retry-After": "0"}), id="secondary rate limit"),
        pytest.param(
            Answer(status=403, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}),
            id="rate limit that is over",
        ),
    ],
)
def test_a_question_is_asked_again_if_that_may_help(fault: Answer, stub: Stub, comment: Comment) -> None:
    stub.faults["GET"] = deque([fault] * (TRIES - 1))
    assert comment().stdout == "the comment: created\n"
    assert [q.method for q in stub.asked] == ["GET"] * TRIES + ["POST"]


def test_a_comment_that_a_rate_limit_held_back_is_created_later(stub: Stub, comment: Comment) -> None:
    stub.faults["POST"] = deque([Answer(status=403, headers={"Retry-After": "0"})])
    assert comment().stdout == "the comment: created\n"
    assert stub.texts == [BODY]


def test_fails_if_the_api_fails_each_time(stub: Stub, comment: Comment) -> None:
    stub.faults["GET"] = deque([AGAIN] * TRIES)
    done = comment()
    assert done.returncode == 1
    assert done.stdout.startswith("::error::the comment is not posted: GET ")
    assert done.stdout.endswith("503 Unavailable\n")
    assert len(stub.asked) == TRIES


def test_fails_at_once_if_the_rate_limit_lasts_for_long(stub: Stub) -> None:
    waits: list[float] = []
    wait = {"Retry-After": f"{LONGEST_WAIT + 1:.0f}"}
    stub.faults["GET"] = deque([Answer(status=403, body={"message": "a rate limit"}, headers=wait)])
    api = Api(address=stub.address, headers={}, sleep=waits.append)
    with pytest.raises(ApiError, match="403 a rate limit") as caught:
        api.ask("GET", "/user")
    assert (len(stub.asked), waits, caught.value.status) == (1, [], 429)


def test_the_waits_grow_where_the_api_names_none(stub: Stub) -> None:
    waits: list[float] = []
    stub.faults["GET"] = deque([Answer(status=500)] * TRIES)
    with pytest.raises(ApiError, match="500"):
        Api(address=stub.address, headers={}, sleep=waits.append).ask("GET", "/user")
    assert waits == [1, 2, 4]


def test_a_comment_that_was_created_although_the_api_failed_is_not_created_twice(
    stub: Stub, comment: Comment
) -> None:
    stub.lost_answers = 1
    assert comment().stdout == "the comment: unchanged\n"
    assert stub.texts == [BODY]


def test_no_comment_is_posted_by_a_run_of_a_branch(stub: Stub, comment: Comment, tmp_path: Path) -> None:
    event = tmp_path / "push.json"
    event.write_text('{"ref": "refs/heads/main"}')
    done = comment(GITHUB_EVENT_PATH=str(event))
    assert done.returncode == 0
    assert done.stdout == "::notice::no comment is posted, because this run is not of a pull request\n"
    assert stub.asked == []


def test_fails_if_something_else_than_the_api_answers(stub: Stub, comment: Comment) -> None:
    stub.faults["GET"] = deque([Answer(body=b"<html>log in first</html>")])
    done = comment()
    assert done.returncode == 1
    assert "the API's answer is not JSON" in done.stdout


def test_comments_of_deleted_accounts_are_no_trouble(stub: Stub, comment: Comment) -> None:
    stub.add("gone", author=BOT)
    stub.comments[0]["user"] = None
    assert comment().stdout == "the comment: created\n"
