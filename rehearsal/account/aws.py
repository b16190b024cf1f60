"""The emulator as an AWS account: its address, and credentials that are good for nothing else."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client
    from types_boto3_ecs import ECSClient
    from types_boto3_servicediscovery import ServiceDiscoveryClient

SECRET = "rehearsal"  # noqa: S105  # the emulator takes any, and nothing else sees it


@dataclass(frozen=True, kw_only=True)
class Aws:
    """An account and region of the emulator.

    Attributes:
        endpoint: The emulator's URL, on loopback.
        account: The account; the emulator takes it from the access key.
        region: The region.

    """

    endpoint: str
    account: str
    region: str

    def environment(self) -> dict[str, str]:
        """Return the environment variables that make the CDK CLI use this account and read no profile."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def ecs(self) -> "ECSClient":
        """Return a client of the ECS API."""
        return self._client("ecs")

    def ec2(self) -> "EC2Client":
        """Return a client of the EC2 API."""
        return self._client("ec2")

    def cloud_map(self) -> "ServiceDiscoveryClient":
        """Return a client of the Cloud Map API."""
        return self._client("servicediscovery")

    def _client(self, service: str) -> Any:  # noqa: ANN401
        session = boto3.Session(  # explicit: no profile, no credential and no region of the user's is read
            aws_access_key_id=self.account,
            aws_secret_access_key=SECRET,
            region_name=self.region,
        )
        connect: Any = session.client  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return connect(
            service,
            endpoint_url=self.endpoint,
            # Cloud Map's data plane has a host of its own, data-servicediscovery; loopback has none.
            config=Config(
                inject_host_prefix=False,
                proxies={},
                connect_timeout=2,
                read_timeout=20,
                retries={"mode": "standard", "max_attempts": 3},
            ),
        )
