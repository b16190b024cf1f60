"""The checks in their order, what each of them reads, and how they run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ecs_envoy.configuration import Configuration
from ecs_envoy.doctor.account import Account, MissingError
from ecs_envoy.doctor.checks.alarms import check_alarm_topic
from ecs_envoy.doctor.checks.discovery import check_dns, check_existing_services, check_registries
from ecs_envoy.doctor.checks.network import check_zones
from ecs_envoy.doctor.checks.stacks import check_account, check_stacks
from ecs_envoy.doctor.checks.tasks import (
    check_containers,
    check_deployed_bootstrap,
    check_proxy_bounds,
    check_tasks,
)
from ecs_envoy.doctor.result import Result, unknown
from ecs_envoy.settings.extra import extra


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question about a deployed environment.

    Attributes:
        title: The question.
        actions: The IAM actions that the credentials need for it; all of them only read.
        run: Yields the answers.

    """

    title: str
    actions: tuple[str, ...]
    run: Callable[[Account], Iterator[Result]]


_STACK_RESOURCES = "cloudformation:ListStackResources"
_SERVICES = (_STACK_RESOURCES, "ecs:DescribeServices")
_TASKS = ("ecs:ListTasks", "ecs:DescribeTasks")
_NAMESPACE = ("servicediscovery:GetNamespace", "servicediscovery:ListServices")
_DISCOVER = "servicediscovery:DiscoverInstances"

CHECKS = (
    Check(title="Is this the account?", actions=("sts:GetCallerIdentity",), run=check_account),
    Check(title="Are the stacks deployed?", actions=("cloudformation:DescribeStacks",), run=check_stacks),
    Check(title="Do the tasks run?", actions=_SERVICES, run=check_tasks),
    Check(title="Can the proxy still scale?", actions=_SERVICES, run=check_proxy_bounds),
    Check(title="Does Envoy answer?", actions=(*_SERVICES, *_TASKS), run=check_containers),
    Check(
        title="Does Envoy have this configuration?",
        actions=(*_SERVICES, "ecs:DescribeTaskDefinition"),
        run=check_deployed_bootstrap,
    ),
    Check(
        title="Does Cloud Map list the tasks that run?",
        actions=(*_SERVICES, *_TASKS, *_NAMESPACE, _DISCOVER),
        run=check_registries,
    ),
    Check(
        title="Are the existing services there?",
        actions=(*_NAMESPACE, _DISCOVER),
        run=check_existing_services,
    ),
    Check(
        title="Does DNS list what Cloud Map lists?",
        actions=(*_NAMESPACE, _DISCOVER, "route53:ListResourceRecordSets"),
        run=check_dns,
    ),
    Check(
        title="Are the tasks in several zones?", actions=(*_SERVICES, "ec2:DescribeSubnets"), run=check_zones
    ),
    Check(
        title="Do alarms reach somebody?",
        actions=(_STACK_RESOURCES, "sns:GetTopicAttributes"),
        run=check_alarm_topic,
    ),
)


_GIVE_CREDENTIALS = "log in to the account, or name a profile of `aws configure list-profiles` by --profile"


class UnreachableError(Exception):
    """The account cannot be read at all; the message says why."""


def examine(configuration: Configuration, profile: str | None) -> Iterator[tuple[Check, Result]]:
    """Run every check and yield what it finds; a check that cannot read something does not stop the others.

    Raises:
        MissingExtraError: boto3 is not installed.
        UnreachableError: There are no credentials, or AWS does not answer.

    """
    with extra("doctor", "ecs-envoy doctor --live"):
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ProfileNotFound

    try:
        account = Account(configuration, profile)
    except ProfileNotFound as error:
        raise UnreachableError(f"{error}; {_GIVE_CREDENTIALS}") from None
    for check in CHECKS:
        try:
            for result in check.run(account):
                yield check, result
        except ClientError as error:
            details = error.response.get("Error", {})
            code, message = details.get("Code", "?"), details.get("Message", "?")
            yield check, unknown(error.operation_name, _refused(check, code, message))
        except NoCredentialsError as error:
            raise UnreachableError(f"{error}; {_GIVE_CREDENTIALS}") from None
        except BotoCoreError as error:
            raise UnreachableError(str(error)) from None
        except MissingError as error:
            yield check, unknown(configuration.environment, f"{error}; deploy it")


def _refused(check: Check, code: str, message: str) -> str:
    if "AccessDenied" in code or "Unauthorized" in code:
        return f"is not allowed; this check needs {', '.join(check.actions)}"
    return f"failed: {code}: {message}"
