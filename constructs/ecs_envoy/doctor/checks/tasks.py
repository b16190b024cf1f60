"""Whether the tasks run and answer, and whether they run what the configuration says."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ecs_envoy.configuration.plans import proxy_task
from ecs_envoy.doctor.account import Account
from ecs_envoy.doctor.result import Result, ok, problem, unknown, warning
from ecs_envoy.plan.packed_bootstrap import unpack

if TYPE_CHECKING:
    from types_boto3_ecs.type_defs import ServiceTypeDef, TaskTypeDef


def check_tasks(account: Account) -> Iterator[Result]:
    """Compare the number of running tasks with the desired one, and look at their last deployment."""
    for name, stack in account.absent:
        yield problem(name, f"the stack {stack} has it, and ECS does not; deploy the stack again")
    for service in account.services:
        yield from _service(service)


def _service(service: "ServiceTypeDef") -> Iterator[Result]:
    name = service.get("serviceName", "")
    running, desired = service.get("runningCount", 0), service.get("desiredCount", 0)
    if not desired:
        yield problem(name, "is set to 0 tasks, so every call to it fails; set its desired count")
    elif running < desired:
        yield problem(name, f"runs {running} of {desired} tasks; the service's events in ECS say why")
    else:
        yield ok(name, f"runs {running} of {desired} tasks")
    for deployment in service.get("deployments", []):
        state = deployment.get("rolloutState", "COMPLETED")
        if state == "FAILED":
            reason = deployment.get("rolloutStateReason", "ECS gives no reason")
            yield problem(name, f"its deployment failed: {reason}; see the stopped tasks in ECS")
        elif state == "IN_PROGRESS":
            yield warning(name, "a deployment is in progress; look again when it has ended")


def check_proxy_bounds(account: Account) -> Iterator[Result]:
    """Look whether autoscaling of the proxy has reached the most tasks that it may start."""
    bounds, name = account.configuration.proxy.tasks, account.proxy.get("serviceName", "")
    desired = account.proxy.get("desiredCount", 0)
    if bounds.min == bounds.max:
        yield ok(name, f"does not scale: proxy.tasks is {bounds.max}")
    elif desired >= bounds.max:
        yield warning(
            name,
            f"wants {desired} tasks, the most that proxy.tasks allows; give a larger max, or more proxy.cpu",
        )
    else:
        yield ok(name, f"wants {desired} tasks, of {bounds.min} to {bounds.max}")


def check_containers(account: Account) -> Iterator[Result]:
    """Look whether each container of the proxy's tasks runs and answers its health check.

    Envoy's check asks its own `/ready`, so that its health in ECS says whether Envoy answers.
    """
    tasks = account.tasks(account.proxy)
    if not tasks:
        yield problem(account.configuration.proxy.name, "the proxy has no running task")
    for task in tasks:
        yield from _containers(task)


def _containers(task: "TaskTypeDef") -> Iterator[Result]:
    short = task.get("taskArn", "").rpartition("/")[2][:8]
    for container in task.get("containers", []):
        name = container.get("name", "")
        subject = f"{name} in task {short}"
        health, status = container.get("healthStatus", "UNKNOWN"), container.get("lastStatus", "")
        if status != "RUNNING":
            problem_or_warning = problem if name == "envoy" else warning
            yield problem_or_warning(subject, f"is {status}: {container.get('reason', 'see its log')}")
        elif health == "UNHEALTHY":
            what = "does not answer at /ready" if name == "envoy" else "is UNHEALTHY"
            yield problem(subject, f"{what}; see its log")
        elif name == "envoy" and health == "HEALTHY":
            yield ok(subject, "answers at /ready")
        elif health == "UNKNOWN" and name == "envoy":
            yield unknown(subject, "ECS has no result of its health check yet; look again in a minute")
        else:
            yield ok(subject, f"is {status}")


def check_deployed_bootstrap(account: Account) -> Iterator[Result]:
    """Compare the bootstrap and the sidecar's settings in ECS with those that the configuration gives."""
    plan = proxy_task(account.configuration)
    arn = account.proxy.get("taskDefinition", "")
    definition = account.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    commands = {c.get("name", ""): c.get("command", []) for c in definition.get("containerDefinitions", [])}
    envoy = commands.get("envoy", [])
    deployed = envoy[envoy.index("--config-yaml") + 1] if "--config-yaml" in envoy else ""
    name = arn.rpartition("/")[2]
    if _same(deployed, plan.bootstrap):
        yield ok(name, "Envoy has the bootstrap of this configuration")
    else:
        yield warning(
            name,
            "Envoy has another bootstrap than this configuration and this version of ecs-envoy give; "
            "cdk diff shows the difference, cdk deploy updates it",
        )


def _same(deployed: str, wanted: str) -> bool:
    try:
        return json.loads(unpack(deployed)) == json.loads(wanted)
    except ValueError:
        return False
