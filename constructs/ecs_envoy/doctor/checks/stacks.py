"""Whether the account is the right one, and every stack is deployed and at rest."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ecs_envoy.configuration.proxies.views import stack_name
from ecs_envoy.configuration.stacks.numbers import (
    monitoring_stack_name,
    used_monitoring_stacks,
    used_stack_names,
)
from ecs_envoy.doctor.account import Account
from ecs_envoy.doctor.result import Result, ok, problem, warning

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import StackTypeDef


_CURE = "find the first failed event of the stack, repair what it says, and deploy again"


def check_account(account: Account) -> Iterator[Result]:
    """Compare the account of the credentials with that of the configuration."""
    wanted = account.configuration.account
    identity = account.sts.get_caller_identity()
    given = identity["Account"]
    if given != wanted:
        yield problem(given, f"the credentials belong to this account; use a profile of {wanted}")
    else:
        yield ok(wanted, f"the credentials are those of {identity['Arn']}")


def check_stacks(account: Account) -> Iterator[Result]:
    """Look at the status of each stack that the configuration deploys."""
    configuration = account.configuration
    pages = account.cloud_formation.get_paginator("describe_stacks").paginate()
    deployed = {stack["StackName"]: stack for page in pages for stack in page["Stacks"]}
    names = [f"{configuration.environment}-network", *used_stack_names(configuration)]
    names += [stack_name(configuration)]
    names += [f"{configuration.environment}-api"] if configuration.api else []
    names += [monitoring_stack_name(configuration, n) for n in used_monitoring_stacks(configuration)]
    for name in names:
        if name in deployed:
            yield _state(name, deployed[name])
        else:
            yield problem(name, f"is not deployed; run cdk deploy {name}")


def _state(name: str, stack: "StackTypeDef") -> Result:
    status = stack["StackStatus"]
    if status.endswith("_IN_PROGRESS"):
        return warning(name, f"is {status}; look again when it has ended")
    if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}:
        return ok(name, f"is {status}")
    if status == "UPDATE_ROLLBACK_COMPLETE":
        return warning(name, f"is {status}: its last update failed and was undone; {_CURE}")
    return problem(name, f"is {status}; {_CURE}")
