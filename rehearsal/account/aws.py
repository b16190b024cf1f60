"""The emulator as an AWS account: its address, and credentials that work nowhere else."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client
    from types_boto3_ecs import ECSClient
    from types_boto3_route53 import Route53Client
    from types_boto3_servicediscovery import ServiceDiscoveryClient

SECRET = "rehearsal"  # noqa: S105  # the emulator accepts any secret, and nothing else sees this one


@dataclass(frozen=True, kw_only=True)
class Aws:
    """An account and region of the emulator.

    Attributes:
        endpoint: The emulator's URL, on loopback.
        account: The account's id, which the emulator reads from the access key id.
        region: The region.

    """

    endpoint: str
    account: str
    region: str

    def environment(self) -> dict[str, str]:
        """Return the environment variables that make the CDK CLI use this account and ignore profiles."""
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

    def route53(self) -> "Route53Client":
        """Return a client of the Route 53 API."""
        return self._client("route53")

    def events(self) -> Any:  # noqa: ANN401  # its types are not installed for one call
        """Return a client of EventBridge's API."""
        return self._client("events")

    def sqs(self) -> Any:  # noqa: ANN401  # as above
        """Return a client of the SQS API."""
        return self._client("sqs")

    def _client(self, service: str) -> Any:  # noqa: ANN401
        session = boto3.Session(  # explicit, so that boto3 does not read the user's profile or region
            aws_access_key_id=self.account,
            aws_secret_access_key=SECRET,
            region_name=self.region,
        )
        connect: Any = session.client  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return connect(
            service,
            endpoint_url=self.endpoint,
            # boto3 would put the prefix of Cloud Map's data plane, data-, before the loopback address.
            config=Config(
                inject_host_prefix=False,
                proxies={},
                connect_timeout=2,
                read_timeout=20,
                retries={"mode": "standard", "max_attempts": 3},
            ),
        )
