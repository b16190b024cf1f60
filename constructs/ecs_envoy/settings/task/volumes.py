"""File systems of EFS in a task."""

from typing import Annotated

from pydantic import Field

from ecs_envoy.settings.task.references import AccessPointId, FileSystemId, SecurityGroupId
from envoy_config.settings import Settings
from envoy_config.values import Flag, text

_path = text(r"/(?!.*\.\.)[\w./-]*", "an absolute path", "one without '..', such as /data", length=1024)
FolderPath = Annotated[str, *_path]
_volume = text(
    r"[A-Za-z0-9][A-Za-z0-9_-]*", "the name of a volume", "letters, digits, - and _, such as data", length=255
)
VolumeName = Annotated[str, *_volume]

NFS_PORT = 2049
"""The TCP port of EFS's mount targets ("Using VPC security groups" in the EFS User Guide)."""


class EfsVolume(Settings):
    """A file system of EFS that the server's container mounts, over TLS."""

    file_system: FileSystemId = Field(description="the file system's id, such as fs-0123456789abcdef0")
    mount_path: FolderPath = Field(description="the path in the container, such as /data")
    access_point: AccessPointId | None = Field(
        default=None, description="an access point's id, which sets user and folder; none by default"
    )
    root_directory: FolderPath | None = Field(
        default=None, description="the folder of the file system to mount; / by default"
    )
    read_only: Flag = Field(default=False, description="whether the container may only read")
    security_group: SecurityGroupId | None = Field(
        default=None,
        description="the security group of the mount targets, which gets a rule that lets the tasks in; by "
        "default tasks may reach port 2049 in the whole VPC, and you let them in",
    )
