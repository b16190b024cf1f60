"""How callers reach the public API."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from ecs_envoy.settings.task.references import HostedZoneId, WebAclArn
from envoy_config.settings import Settings
from envoy_config.settings_error import Finding
from envoy_config.values import Flag, text

_domain = text(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?",
    "a domain name",
    "labels joined by dots, such as api.example.com",
    length=253,
)
DomainName = Annotated[str, *_domain]


class Domain(Settings):
    """A name of the ALB, as an alias record in a hosted zone that exists."""

    name: DomainName = Field(description="the name, such as api.example.com; it must not have a record yet")
    hosted_zone: DomainName = Field(description="the name of the hosted zone, such as example.com")
    hosted_zone_id: HostedZoneId = Field(description="its id, such as Z0123456789ABCDEFGHIJ")


class ApiAccess(Settings):
    """How callers reach the API."""

    internal: Flag = Field(
        default=False,
        description="whether the ALB has private addresses and lets in the VPC only; by default it has "
        "public addresses, and lets everybody in",
    )
    http_only: Flag = Field(
        default=False,
        description="whether the ALB serves HTTP on port 80 without a certificate, for example behind "
        "CloudFront, which ends TLS",
    )
    domain: Domain | None = Field(default=None, description="a name for the ALB; none by default")
    web_acl: WebAclArn | None = Field(
        default=None, description="the ARN of the web ACL of AWS WAF that filters calls; none by default"
    )


def access_findings(access: ApiAccess, *, has_certificate: bool) -> Iterator[Finding]:
    """Yield why `access` does not go with the certificate, or with itself."""
    if access.http_only and has_certificate:
        yield ("http_only",), "has no use for a certificate; remove one of the two"
    if not access.http_only and not has_certificate:
        yield ("certificate",), "missing; give the ARN of the ALB's ACM certificate, or http_only: true"
    domain = access.domain
    if domain and not f".{domain.name}".endswith(f".{domain.hosted_zone}"):
        problem = f"{domain.name!r} is not in the zone {domain.hosted_zone}; give a name that ends in it"
        yield ("domain", "name"), problem
