"""What a job in CI runs: `python -m ecs_envoy.posting review | github | workflow-run | gitlab`.

review: runs `ecs-envoy diff`, and writes the comment into a folder, the job's summary and the outputs.
github: posts that comment in the pull request of this job.
workflow-run: posts the comments that another run made, in the pull request of that run.
gitlab: runs `ecs-envoy diff`, and posts its comment in the merge request of this job.

Only `gitlab` ends with the exit status of `ecs-envoy diff`; the others end with 1 only if a comment could
not be posted for another reason than a missing right. Settings come from variables, because a value in a
script could be a script. This needs the standard library only, so a job that posts installs nothing.
"""

import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ecs_envoy.posting import artifact
from ecs_envoy.posting.api import ApiError
from ecs_envoy.posting.comment import fitting, harmless, marker
from ecs_envoy.posting.github import ACTIONS, PullRequest, escaped, github_api, run_page
from ecs_envoy.posting.gitlab import MergeRequest, gitlab_api
from ecs_envoy.posting.placing import ForbiddenError, Thread, place
from ecs_envoy.posting.running import base_of, run, settings

Variables = Mapping[str, str]

_RIGHTS = (
    "give the job `permissions: pull-requests: write`; the token of a pull request from a fork never has it: "
    "see docs/review.md, Forks"
)


def main() -> int:
    """Run the subcommand, and return its exit status."""
    subcommands: dict[str, Callable[[Variables], int]] = {
        "review": review,
        "github": github,
        "workflow-run": workflow_run,
        "gitlab": gitlab,
    }
    if len(sys.argv) != 2 or sys.argv[1] not in subcommands:
        sys.stderr.write(f"python -m ecs_envoy.posting: give one of {', '.join(subcommands)}\n")
        return 2
    try:
        return subcommands[sys.argv[1]](os.environ)
    except KeyError as error:
        sys.stderr.write(f"ecs_envoy.posting: the variable or key {error} is missing; run this in a job\n")
        return 2
    except (ApiError, artifact.BadArtifactError) as error:
        _say("error", f"the comment is not posted: {error}")
        return 1


def review(variables: Variables) -> int:
    """Run `ecs-envoy diff` in a job of GitHub."""
    root, wanted = Path(variables["GITHUB_WORKSPACE"]), settings(variables)
    event = _event(variables)
    if variables.get("GITHUB_EVENT_NAME") == "pull_request_target":
        _say("error", "on pull_request_target the code of a fork would run with secrets; use pull_request")
        return 2
    if not wanted.base:
        wanted = wanted.with_base(base_of(event, root / wanted.folder))
    made = run(wanted, root)
    file = artifact.write(Path(variables["ECS_ENVOY_OUT"]) / wanted.key, made.text, _number(event))
    with Path(variables["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
        summary.write(f"{made.text}\n")
    outputs = {
        "changed": "true" if made.summary else "false",
        "summary": made.summary,
        "comment": str(file),
        "key": wanted.key,
        "status": str(made.status),
    }
    with Path(variables["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as output:
        for name, value in outputs.items():
            end = secrets.token_hex(16)  # a value cannot end itself, and begin another output
            output.write(f"{name}<<{end}\n{value}\n{end}\n")
    return 0


def github(variables: Variables) -> int:
    """Post the comment of `review` in the pull request of this job."""
    number = _number(_event(variables))
    if number is None:
        _say("notice", "no comment is posted, because this run is not of a pull request")
        return 0
    thread = _pull_request(variables, number)
    text = Path(variables["ECS_ENVOY_COMMENT"]).read_text(encoding="utf-8")
    whole = run_page(variables, variables["GITHUB_RUN_ID"])
    return _post(thread, variables["ECS_ENVOY_KEY"], text, whole, rights=_RIGHTS)


def workflow_run(variables: Variables) -> int:
    """Post the comments of a run that had no right to; what it wrote is not trusted."""
    event, api = _event(variables), github_api(variables)
    run_id = int(event["workflow_run"]["id"])
    found = list(artifact.artifacts(api, variables["GITHUB_REPOSITORY"], run_id))
    if not found:
        _say("notice", "no comment is posted, because that run made none")
    status = 0
    for made in found:
        number = artifact.pull_request_of(api, event, made)
        if number is None:
            _say("notice", f"no comment is posted: pull request {made.number} has newer commits")
            continue
        thread = _pull_request(variables, number)
        # It stands above the text, where the text cannot hide it.
        text = f"<sub>The code of this pull request wrote what follows.</sub>\n\n{harmless(made.text)}"
        status |= _post(thread, made.key, text, run_page(variables, run_id), rights=_RIGHTS)
    return status


def gitlab(variables: Variables) -> int:
    """Run `ecs-envoy diff` in a job of GitLab, and post its comment in the merge request."""
    wanted = settings(variables)
    if not wanted.base:
        wanted = wanted.with_base(variables.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", ""))
    made = run(wanted, Path(variables["CI_PROJECT_DIR"]))
    artifact.write(Path(variables["ECS_ENVOY_OUT"]), made.text, None)
    sys.stdout.write(f"{made.summary or 'nothing changes'}\n")
    if not variables.get("ECS_ENVOY_GITLAB_TOKEN") or not variables.get("CI_MERGE_REQUEST_IID"):
        sys.stdout.write("no note is posted: this needs a merge request and ECS_ENVOY_GITLAB_TOKEN\n")
        return made.status
    thread = MergeRequest(
        api=gitlab_api(variables),
        project=variables["CI_MERGE_REQUEST_PROJECT_ID"],
        number=variables["CI_MERGE_REQUEST_IID"],
    )
    whole = f"[The artifact of this job]({variables['CI_JOB_URL']}/artifacts/browse) has the whole."
    rights = "give ECS_ENVOY_GITLAB_TOKEN the scope `api` and the role Reporter or a higher one"
    return _post(thread, wanted.key, made.text, whole, rights=rights) or made.status


def _post(thread: Thread, key: str, text: str, whole: str, *, rights: str) -> int:
    body = fitting(f"{marker(key)}\n{text}", thread.longest, whole)
    try:
        sys.stdout.write(f"the comment: {place(thread, key, body)}\n")
    except ForbiddenError as error:
        # The review is on the job's page all the same, so a missing right fails no job.
        _say("warning", f"the comment is not posted: {error}; {rights}")
    return 0


def _pull_request(variables: Variables, number: int) -> PullRequest:
    return PullRequest(
        api=github_api(variables),
        repository=variables["GITHUB_REPOSITORY"],
        number=number,
        author=variables.get("ECS_ENVOY_AUTHOR") or ACTIONS,
    )


def _event(variables: Variables) -> dict[str, Any]:
    return json.loads(Path(variables["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))


def _number(event: Mapping[str, Any]) -> int | None:
    pull = event.get("pull_request")
    return int(pull["number"]) if pull else None


def _say(level: str, message: str) -> None:
    if os.environ.get("GITHUB_ACTIONS"):
        sys.stdout.write(f"::{level}::{escaped(message)}\n")  # shown at the top of the run's page
    else:
        sys.stderr.write(f"{message}\n")


if __name__ == "__main__":
    sys.exit(main())
