"""How a task runs on Fargate: settings of the proxy, and more of them of a server."""

from typing import Annotated

from pydantic import Field

from ecs_envoy.settings import values
from ecs_envoy.settings.task.capacity import CapacityProvider, CpuArchitecture
from ecs_envoy.settings.task.policy import PolicyStatement
from ecs_envoy.settings.task.references import KeyArn, RoleArn
from ecs_envoy.settings.task.sidecar import Condition, ContainerName, SidecarContainer
from ecs_envoy.settings.task.tags import Tags
from ecs_envoy.settings.task.volumes import EfsVolume, VolumeName
from envoy_config.settings import Settings
from envoy_config.values import Flag, whole_number

_storage = whole_number("a size of Fargate's ephemeral storage in GiB", 21, 200)
EphemeralStorage = Annotated[int, *_storage]
"""The bounds are Fargate's (API reference: EphemeralStorage); every task has 20 GiB without asking."""
_files = whole_number("a number of open files", 1, 1_048_576)
OpenFiles = Annotated[int, *_files]


class TaskOptions(Settings):
    """How a task runs on Fargate, whatever runs in it."""

    cpu_architecture: CpuArchitecture = Field(
        default="x86_64",
        description="the CPU that tasks run on; arm64 costs a fifth less, and needs images for linux/arm64",
    )
    capacity_providers: list[CapacityProvider] = Field(
        default=[],
        description="how tasks are shared between FARGATE and FARGATE_SPOT; all on FARGATE by default. An "
        "ECS cluster that exists has to have them as its capacity providers",
    )
    execution_role: RoleArn | None = Field(
        default=None,
        description="the ARN of the role with which ECS pulls images, reads secrets and writes logs; it gets "
        "no right from us. By default one is created",
    )
    tags: Tags = Field(
        default={}, description="tags of its resources and tasks, in addition to those of the file"
    )


class OpenFilesLimit(Settings):
    """The limit for open files of a process; Fargate allows no other ulimit."""

    soft: OpenFiles = Field(description="the limit that the server starts with")
    hard: OpenFiles = Field(description="the limit up to which the server may raise it")


class Ulimits(Settings):
    """Limits of the operating system."""

    nofile: OpenFilesLimit = Field(description="open files, connections included")


class Log(Settings):
    """The log of the containers in CloudWatch Logs."""

    retention_days: values.RetentionDays = Field(default=30, description="days that CloudWatch Logs keeps it")
    kms_key: KeyArn | None = Field(
        default=None,
        description="the ARN of a KMS key that encrypts it, whose policy lets CloudWatch Logs use it; AWS's "
        "own key by default",
    )


class ServerOptions(TaskOptions):
    """How the task of a server runs, and what is in it beside the server."""

    command: list[values.Line] = Field(default=[], description="arguments; the image's own by default")
    entry_point: list[values.Line] = Field(default=[], description="the program; the image's own by default")
    task_role: RoleArn | None = Field(
        default=None,
        description="the ARN of the tasks' role; it gets no right from us. By default one is created",
    )
    task_policy: list[PolicyStatement] = Field(
        default=[], description="what the tasks' own role may do; nothing by default"
    )
    enable_execute_command: Flag = Field(
        default=False,
        description="whether ECS Exec may open a shell; adds rights for Session Manager's channels",
    )
    ephemeral_storage: EphemeralStorage | None = Field(
        default=None, description="GiB of disk of a task; Fargate's 20 by default"
    )
    ulimits: Ulimits | None = Field(default=None, description="limits of the server; Fargate's by default")
    volumes: dict[VolumeName, EfsVolume] = Field(default={}, description="file systems of EFS, by name")
    sidecars: dict[ContainerName, SidecarContainer] = Field(
        default={}, description="further containers of the task, by name"
    )
    depends_on: dict[ContainerName, Condition] = Field(
        default={}, description="the sidecars that have to be in a state before the server starts"
    )
    log: Log = Field(default=Log(), description="the log of the task's containers")
