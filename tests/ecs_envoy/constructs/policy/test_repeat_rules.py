"""What is refused of times, retries, hedging and faults, in YAML and as constructs, with the same words."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from aws_cdk import Stack

from ecs_envoy import Network
from ecs_envoy.configuration import load_configuration
from envoy_config import TrafficPolicy
from tests.ecs_envoy.configuration.test_configuration import GOOD, problems
from tests.ecs_envoy.constructs.factories import grpc_service, proxy_with

STREAM = "learning.v1.Lessons/Watch"
SERVICE = f"{GOOD}    streaming_methods: [{STREAM}]\n"
POLICY = "services.lessons.policy"
METHODS = f"{POLICY}.methods."
NOT_IDEMPOTENT = (
    "and no method that it is for is idempotent; give idempotent: true to the methods whose calls may run twice, or "
    "remove it"
)
NO_REPEAT = (
    f"{STREAM} is one of the streaming_methods, and a stream that has begun cannot be repeated; remove it"
)

REFUSED = [
    pytest.param(
        "{retries: {on: [unavailable, gone]}, idempotent: true}",
        f"{POLICY}.retries.on[1]: 'gone' is unknown; give one of 'cancelled', 'unknown', 'invalid_argument', "
        "'deadline_exceeded', 'not_found', 'already_exists', 'permission_denied', 'resource_exhausted', "
        "'failed_precondition', 'aborted', 'out_of_range', 'unimplemented', 'internal', 'unavailable', 'data_loss' or "
        "'unauthenticated'",
        id="a status that does not exist",
    ),
    pytest.param(
        "{timeout: 2s, idempotent: true, retries: {per_try_timeout: 2s}}",
        f"{POLICY}.retries.per_try_timeout: 2s is not shorter than the timeout of 2s, so that no attempt is repeated; "
        "give a shorter time, or a longer timeout",
        id="per_try_timeout of the whole timeout",
    ),
    pytest.param(
        "{timeout: 5s, idempotent: true, retries: {per_try_timeout: 1s}}",
        f"{POLICY}.retries.attempts: 6 attempts of 1s and the waits between them may take 7550ms, longer than the timeout "
        "of 5s; give attempts: 4, or timeout: 7550ms",
        id="more attempts than the timeout allows",
    ),
    pytest.param(
        "{timeout: 5s, idempotent: true, retries: {per_try_timeout: 3s, attempts: 2}}",
        f"{POLICY}.retries.attempts: 2 attempts of 3s and the waits between them may take 6050ms, longer than the timeout "
        "of 5s; give a shorter per_try_timeout, or timeout: 6050ms",
        id="two attempts that the timeout does not allow",
    ),
    pytest.param(
        "{idempotent: true, retries: {on: [unavailable], attempts: 1}}",
        f"{POLICY}.retries.on: has no effect with attempts: 1; give 2 attempts or more, or remove it",
        id="statuses with one attempt",
    ),
    pytest.param(
        "{retries: {on: [unavailable]}}",
        f"{POLICY}.retries.on: repeats calls after an answer, {NOT_IDEMPOTENT}",
        id="statuses without an idempotent method",
    ),
    pytest.param(
        "{methods: {learning.v1.Lessons/Add: {retries: {per_try_timeout: 1s}}, learning.v1.Lessons/Get: {idempotent: true}}}",
        f"{METHODS}learning.v1.Lessons/Add.retries.per_try_timeout: ends an attempt, which would have to be repeated, "
        f"{NOT_IDEMPOTENT}",
        id="per_try_timeout of a method that is not idempotent",
    ),
    pytest.param(
        "{hedging: {after: 1s}}",
        f"{POLICY}.hedging: sends calls to two tasks, {NOT_IDEMPOTENT}",
        id="hedging without an idempotent method",
    ),
    pytest.param(
        "{idempotent: true, hedging: {after: 1s}, retries: {per_try_timeout: 1s}}",
        f"{POLICY}.retries.per_try_timeout: Envoy has one time for this and for hedging.after; remove one of them here, "
        "such as by null",
        id="hedging and per_try_timeout",
    ),
    pytest.param(
        "{idempotent: true, timeout: 1s, hedging: {after: 1s}}",
        f"{POLICY}.hedging.after: 1s is not shorter than the timeout of 1s, so that no second attempt begins; give a "
        "shorter time, such as that within which 95 % of the calls are answered",
        id="hedging after the timeout",
    ),
    pytest.param(
        "{idempotent: true, hedging: {after: 1s, attempts: 1}}",
        f"{POLICY}.hedging.attempts: 1 is not a number of attempts with hedging; give a number from 2 to 20",
        id="hedging with one attempt",
    ),
    pytest.param(
        f"{{methods: {{{STREAM}: {{idempotent: true, hedging: {{after: 1s}}}}}}}}",
        f"{METHODS}{STREAM}.hedging: {NO_REPEAT}",
        id="hedging of a stream",
    ),
    pytest.param(
        f"{{methods: {{{STREAM}: {{idempotent: true, retries: {{on: [aborted]}}}}}}}}",
        f"{METHODS}{STREAM}.retries.on: {NO_REPEAT}",
        id="statuses of a stream",
    ),
    pytest.param(
        "{retries: {budget: {percent: 0}}}",
        f"{POLICY}.retries.budget.percent: 0 is not a percentage; give a number from 0.0001 to 100",
        id="a budget of zero",
    ),
    pytest.param(
        "{methods: {learning.v1.Lessons/Get: {retries: {budget: {percent: 10}}}}}",
        f"{METHODS}learning.v1.Lessons/Get.retries.budget: a budget is for a whole service; give it in the policy of the "
        "service",
        id="a budget of a method",
    ),
    pytest.param(
        "{retries: {budget: {percent: 10}}, circuit_breakers: {max_retries: 5}}",
        f"{POLICY}.retries.budget: takes the place of circuit_breakers.max_retries, which is given, too; remove one of "
        "them",
        id="a budget and a number of retries",
    ),
    pytest.param(
        "{retries: {back_off: {base: 2s}}}",
        f"{POLICY}.retries.back_off.base: 2s is longer than max, 1s; give a shorter base, or a longer max",
        id="a back-off above its bound",
    ),
    pytest.param(
        "{timeout: 10s, max_stream_duration: 5s}",
        f"{POLICY}.max_stream_duration: 5s is shorter than the timeout of 10s, which it would make pointless; give 10s or "
        "more, or no timeout",
        id="streams shorter than the timeout",
    ),
    pytest.param(
        "{fault: {percent: 5}}",
        f"{POLICY}.fault: has neither delay nor abort; give one of them",
        id="a fault without a fault",
    ),
]


@pytest.mark.parametrize(("policy", "message"), REFUSED)
def test_fails_for_a_policy_in_yaml_and_as_a_construct(
    policy: str, message: str, tmp_path: Path, stack: Stack, network: Network
) -> None:
    (line,) = problems(tmp_path, f"{SERVICE}    policy: {policy}\n")
    assert line.partition(": ")[2] == message
    # Plain YAML takes this word for true.
    given: dict[str, Any] = yaml.safe_load(policy.replace("on: [", '"on": ['))
    with pytest.raises(
        ValueError, match=re.escape(message.partition("policy")[2].partition(": ")[2])
    ) as error:
        proxy_with(
            stack,
            network,
            grpc_service(stack, network, streaming_methods=[STREAM], policy=TrafficPolicy(**given)),
        )
    assert len(str(error.value).splitlines()) == 1


FAULT = {"abort": "unavailable", "percent": 1}
IN_PRODUCTION = "policy.fault: fails or delays calls on purpose, which production refuses; remove it, or give fault_injection: allowed"


def test_fails_for_a_fault_in_production_in_yaml_and_as_a_construct(
    tmp_path: Path, stack: Stack, network: Network
) -> None:
    text = f"{GOOD}production: true\npolicy: {{fault: {FAULT}}}\n"
    (line,) = problems(tmp_path, text)
    assert line == f":11: {IN_PRODUCTION}"
    service, policy = grpc_service(stack, network), TrafficPolicy(fault=FAULT)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=re.escape(IN_PRODUCTION)):
        proxy_with(stack, network, service, policy=policy, fault_injection="refused")


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        pytest.param("", {}, id="not production"),
        pytest.param(
            "production: true\nfault_injection: allowed\n",
            {"fault_injection": "allowed"},
            id="allowed in production",
        ),
    ],
)
def test_a_fault_is_accepted_in_yaml_and_as_a_construct(
    text: str, arguments: dict[str, Any], tmp_path: Path, stack: Stack, network: Network
) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(f"{GOOD}{text}policy: {{fault: {FAULT}}}\n")
    assert load_configuration(path).policy.fault
    policy = TrafficPolicy(fault=FAULT)  # pyright: ignore[reportArgumentType]
    made = proxy_with(stack, network, grpc_service(stack, network), policy=policy, **arguments)
    assert "fault_injection" not in made.plan.bootstrap
    assert "envoy.filters.http.fault" in made.plan.bootstrap


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(
            "{retries: {on: [unavailable]}, methods: {learning.v1.Lessons/Get: {idempotent: true}}}",
            id="statuses for the one method that is idempotent",
        ),
        pytest.param(
            f"{{idempotent: true, retries: {{on: [unavailable]}}, methods: {{{STREAM}: {{timeout: 1h}}}}}}",
            id="a stream that inherits statuses",
        ),
        pytest.param(
            "{idempotent: true, timeout: 8s, retries: {per_try_timeout: 1s}}",
            id="attempts that fit the timeout",
        ),
        pytest.param(
            "{timeout: 5s, retries: {per_try_timeout: 4s}, methods: {learning.v1.Lessons/Get: {idempotent: true, "
            "timeout: 1h}}}",
            id="attempts of the idempotent method that fit its own timeout",
        ),
        pytest.param(
            "{idempotent: true, hedging: {after: 1s}, methods: {learning.v1.Lessons/Get: {hedging: null, retries: "
            "{per_try_timeout: 1s}}}}",
            id="per_try_timeout where hedging is turned off",
        ),
        pytest.param(
            "{idempotent: true, retries: {on: [unavailable]}, methods: {learning.v1.Lessons/Get: {retries: "
            "{attempts: 1}}}}",
            id="one attempt of one method",
        ),
    ],
)
def test_a_policy_is_accepted(policy: str, tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(f"{SERVICE}    policy: {policy}\n")
    assert load_configuration(path)


def test_a_policy_of_the_file_is_accepted_if_a_method_of_one_service_is_idempotent(tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    other = "  grading:\n    image: example.com/g:1\n    grpc_services: [learning.v1.Grading]\n"
    path.write_text(
        f"{GOOD}{other}    policy: {{idempotent: true}}\npolicy: {{retries: {{on: [unavailable]}}}}\n"
    )
    assert load_configuration(path)
