"""The size of tasks and their number."""

from typing import Annotated, cast

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from ecs_envoy.settings.values import CallsPerSecond, Cpu, CpuPercent, Memory, MemoryPercent, Tasks
from envoy_config.settings import Settings
from envoy_config.values import problem, refusal

CPU, MEMORY_MIB = 256, 512
"""Fargate's smallest task: a quarter of a vCPU and half a GiB."""

TASKS = 2
"""One task for each of two zones."""

PROXY_NAME = "grpc"
"""The proxy's name in the namespace: clients dial `grpc.<namespace>`."""

API_PORT = 8080
"""A usual port of HTTP servers that run without root privileges."""

CPU_PERCENT = 60
"""The mean CPU that autoscaling aims at. If a task is lost, the others have room for its calls."""


PROXY_CPU_PERCENT = 45
"""
The mean CPU that autoscaling of the proxy aims at, below the 60 % at which the alarm *proxy-cpu* goes off. So
that alarm says that there are as many tasks as allowed, and too few.
"""


class TaskSize(Settings):
    """CPU and memory of a task; `fargate_sizes.size_problem` checks the combination."""

    cpu: Cpu = Field(default=CPU, description="CPU units of a task; 1024 are one vCPU")
    memory: Memory = Field(default=MEMORY_MIB, description="memory of a task in MiB")


class TaskBounds(Settings):
    """How many tasks may run; autoscaling moves between the two bounds."""

    min: Tasks = Field(description="the fewest tasks")
    max: Tasks = Field(description="the most tasks")
    cpu_percent: CpuPercent = Field(
        default=CPU_PERCENT, description="the mean CPU that autoscaling aims at, in percent"
    )


class ServerTaskBounds(TaskBounds):
    """How many tasks of a server may run."""

    memory_percent: MemoryPercent | None = Field(
        default=None,
        description="the mean memory that autoscaling aims at besides the CPU, in percent; none by default",
    )


class ServiceTaskBounds(ServerTaskBounds):
    """How many tasks of a gRPC service may run."""

    calls_per_second: CallsPerSecond | None = Field(
        default=None,
        description="the calls a second of a task that autoscaling aims at besides the CPU, as Envoy counts "
        "them; needs telemetry.cloudwatch. None by default",
    )


class ProxyTaskBounds(TaskBounds):
    """How many tasks of the proxy may run."""

    cpu_percent: CpuPercent = Field(
        default=PROXY_CPU_PERCENT, description="the mean CPU that autoscaling aims at, in percent"
    )


def bounds_problem(min_tasks: int, max_tasks: int) -> str | None:
    """Return why the bounds are wrong, and what to give as `max_tasks`; None if they are right."""
    if max_tasks < min_tasks:
        return f"is {max_tasks}, less than the minimum of {min_tasks}; give {min_tasks} or more"
    return None


_COUNT: TypeAdapter[int] = TypeAdapter(Tasks)


def _count(value: object) -> object:
    """Return a number of tasks as both bounds."""
    if isinstance(value, dict | TaskBounds):
        return cast("object", value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise refusal(value, "a number of tasks", "a number, or bounds such as {min: 2, max: 8}")
    try:
        return {"min": _COUNT.validate_python(value), "max": value}
    except ValidationError as error:
        raise problem(error.errors()[0]["msg"]) from None


ServerTaskCount = Annotated[ServerTaskBounds, BeforeValidator(_count)]
ServiceTaskCount = Annotated[ServiceTaskBounds, BeforeValidator(_count)]
ProxyTaskCount = Annotated[ProxyTaskBounds, BeforeValidator(_count)]
