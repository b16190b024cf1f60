"""What is less than before: tasks, alarms, protection."""

from collections.abc import Iterator, Mapping
from typing import Any

from ecs_envoy.review.comment.page import code, enumeration
from ecs_envoy.review.facts.access_holders import called
from ecs_envoy.review.facts.ecs import EcsService
from ecs_envoy.review.facts.sides import Sides
from ecs_envoy.review.facts.upstreams import connections, upstreams
from ecs_envoy.review.facts.values import block, entries
from ecs_envoy.review.resources.changes import Kind, ResourceChange
from ecs_envoy.review.sections import Care, CareKind


def weakenings(sides: Sides) -> Iterator[Care]:
    """Yield what protects less than before; alarms aside."""
    for before, after in sides.services:
        yield from _tasks(before, after)
        yield from _connections(before, after)
        yield from _deployment(before, after)
        yield from _health_checks(before, after)
    for change in sides.changes:
        if change.old and change.new and change.kind is not Kind.ORPHANED:
            yield from _of_resource(change)
    for name, stack in sides.base.assembly.stacks.items():
        now = sides.head.assembly.stacks.get(name)
        if stack.termination_protection and now and not now.termination_protection:
            yield _care(f"termination protection of {code(name)} is off: anyone may delete the stack", name)


def _care(text: str, place: str) -> Care:
    return Care(kind=CareKind.WEAKENING, text=text, place=place)


def _tasks(before: EcsService, after: EcsService) -> Iterator[Care]:
    who = called(after)
    if after.min_tasks < before.min_tasks:
        alone = {
            0: ": at times nothing answers",
            1: ": if that one fails, nothing answers until another runs",
        }
        yield _care(
            f"{who} runs {_tasks_in_words(after.min_tasks)} instead of {before.min_tasks} at least"
            f"{alone.get(after.min_tasks, '')}",
            after.path,
        )
    if after.max_tasks < before.max_tasks and (after.max_tasks, before.max_tasks) != (
        after.min_tasks,
        before.min_tasks,
    ):
        yield _care(
            f"{who} scales to {_tasks_in_words(after.max_tasks)} at most, instead of {before.max_tasks}",
            after.path,
        )
    less = [
        f"{old} → {new} {unit}"
        for old, new, unit in (
            (before.cpu, after.cpu, "CPU units"),
            (before.memory, after.memory, "MiB of memory"),
        )
        if 0 < new < old
    ]
    if less:
        yield _care(f"each task of {who} is smaller: {', '.join(less)}", after.path)


def _connections(before: EcsService, after: EcsService) -> Iterator[Care]:
    old, new = connections(before), connections(after)
    if old is not None and new is not None and new < old:
        yield _care(
            f"each task of {called(after)} takes {new:,} connections of clients instead of "
            f"{old:,}, and refuses more",
            after.path,
        )


def _tasks_in_words(number: int) -> str:
    return f"{number} task{'' if number == 1 else 's'}"


def _deployment(before: EcsService, after: EcsService) -> Iterator[Care]:
    old, new = _circuit_breaker(before), _circuit_breaker(after)
    if old.get("Enable") is True and new.get("Enable") is not True:
        yield _care(
            f"ECS no longer ends a deployment of {called(after)} whose tasks fail: the deployment circuit "
            "breaker is off",
            after.path,
        )
    elif old.get("Rollback") is True and new.get("Rollback") is not True:
        yield _care(f"ECS no longer rolls a failed deployment of {called(after)} back", after.path)


def _circuit_breaker(service: EcsService) -> Mapping[str, Any]:
    return block(service.definition, "Properties", "DeploymentConfiguration", "DeploymentCircuitBreaker")


def _health_checks(before: EcsService, after: EcsService) -> Iterator[Care]:
    for name, container in after.containers.items():
        old = before.containers.get(name)
        if old and "HealthCheck" in old.definition and "HealthCheck" not in container.definition:
            yield _care(
                f"ECS no longer checks the health of container {code(name)} of {called(after)}: a task that "
                "hangs stays, and a deployment of broken tasks counts as good",
                after.path,
            )
    found = upstreams(after)
    for name, upstream in upstreams(before).items():
        now = found.get(name)
        if now and upstream.health_checked and not now.health_checked:
            yield _care(
                f"{called(after)} no longer checks the health of tasks of {code(name)}: it sends calls to "
                "broken ones",
                after.path,
            )
        if now and upstream.ejects and not now.ejects:
            yield _care(
                f"{called(after)} no longer leaves out tasks of {code(name)} that answer with errors",
                after.path,
            )


def _of_resource(change: ResourceChange) -> Iterator[Care]:
    old: Mapping[str, Any] = (change.old or {}).get("Properties", {})
    new: Mapping[str, Any] = (change.new or {}).get("Properties", {})
    yield from _policies(change)
    match change.type:
        case "AWS::Logs::LogGroup":
            before, after = old.get("RetentionInDays"), new.get("RetentionInDays")
            if isinstance(after, int) and (not isinstance(before, int) or after < before):
                was = f"for {_days(before)}" if isinstance(before, int) else "for ever"
                yield _care(
                    f"logs are kept for {_days(after)} instead of {was}: older ones are lost", change.path
                )
        case "AWS::RDS::DBInstance" | "AWS::RDS::DBCluster":
            before, after = old.get("BackupRetentionPeriod", 1), new.get("BackupRetentionPeriod", 1)
            if isinstance(before, int) and isinstance(after, int) and after < before:
                yield _care(f"backups are kept for {_days(after)} instead of {_days(before)}", change.path)
        case "AWS::DynamoDB::Table" if _recovers(old) and not _recovers(new):
            yield _care("the table cannot be restored to a point in time any more", change.path)
        case "AWS::ElasticLoadBalancingV2::LoadBalancer" if _protected(old) and not _protected(new):
            yield _care("the load balancer may be deleted: its deletion protection is off", change.path)
        case "AWS::ElasticLoadBalancingV2::TargetGroup":
            if old.get("HealthCheckEnabled") is not False and new.get("HealthCheckEnabled") is False:
                yield _care("the load balancer no longer checks the health of its tasks", change.path)
        case _:
            pass
    for name in ("DeletionProtection", "DeletionProtectionEnabled"):
        if old.get(name) is True and new.get(name) is not True:
            yield _care(f"{code(change.type)} may be deleted: its deletion protection is off", change.path)


def _days(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"


def _policies(change: ResourceChange) -> Iterator[Care]:
    # Without a policy, CloudFormation deletes (User Guide, DeletionPolicy attribute).
    keeps = ("Retain", "RetainExceptOnCreate", "Snapshot")
    lost = [
        (name, old)
        for name in ("DeletionPolicy", "UpdateReplacePolicy")
        if (old := (change.old or {}).get(name)) in keeps and (change.new or {}).get(name) not in keeps
    ]
    if lost:
        names = enumeration([code(name) for name, _ in lost])
        yield _care(
            f"{code(change.type)} is no longer kept when it leaves the stack or is replaced: "
            f"{names} {code(str(lost[0][1]))} → {code('Delete')}",
            change.path,
        )


def _recovers(table: Mapping[str, Any]) -> bool:
    return block(table, "PointInTimeRecoverySpecification").get("PointInTimeRecoveryEnabled") is True


def _protected(balancer: Mapping[str, Any]) -> bool:
    return any(
        entry.get("Key") == "deletion_protection.enabled" and entry.get("Value") == "true"
        for entry in entries(balancer, "LoadBalancerAttributes")
    )
