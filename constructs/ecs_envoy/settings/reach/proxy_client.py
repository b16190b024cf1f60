"""Who may call a proxy: a security group, an IPv4 block, a prefix list, or a service of the same file."""

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from ecs_envoy.settings.task.references import SECURITY_GROUP
from ecs_envoy.settings.values import cidr
from envoy_config.values import refusal

_PREFIX_LIST = r"pl-[0-9a-f]{8,17}"
_SERVICE = r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"


def _client(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(f"{SECURITY_GROUP}|{_PREFIX_LIST}|{_SERVICE}", value):
        return value
    try:
        return cidr(value)
    except ValueError:
        raise refusal(
            value,
            "a client of the proxy",
            "a security group such as sg-0123456789abcdef0, an IPv4 block such as 10.0.0.0/16, a prefix list "
            "such as pl-0123456789abcdef0, or the name of a service under services",
        ) from None


ProxyClient = Annotated[
    str,
    BeforeValidator(_client),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^(?:{SECURITY_GROUP}|{_PREFIX_LIST}|{_SERVICE}|[\d.]+/\d{{1,2}})$",
        }
    ),
]


def is_security_group(client: str) -> bool:
    """Return whether `client` is the id of a security group."""
    return re.fullmatch(SECURITY_GROUP, client) is not None


def is_prefix_list(client: str) -> bool:
    """Return whether `client` is the id of a prefix list."""
    return re.fullmatch(_PREFIX_LIST, client) is not None


def is_service(client: str) -> bool:
    """Return whether `client` is the name of a service."""
    return not ("/" in client or is_security_group(client) or is_prefix_list(client))
