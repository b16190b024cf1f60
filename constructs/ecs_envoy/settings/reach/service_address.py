"""Names by which services are found that we did not name: addresses, and namespaces of the API."""

from typing import Annotated

from pydantic import AfterValidator

from envoy_config.values import DNS_LABEL, problem, text

# At least one dot: Envoy's resolver asks for a name without one in its search domain, which has no names.
_address = text(
    rf"(?:{DNS_LABEL}\.)+{DNS_LABEL}:\d{{1,5}}",
    "the address of a service",
    "a DNS name with a dot, and a port, such as lessons.corp:50051",
    length=253 + len(":65535"),
)


def _with_a_port(address: str) -> str:
    port = int(address.rpartition(":")[2])
    if not 1 <= port <= 65535:
        raise problem(f"{port} is not a port; give a number from 1 to 65535")
    return address


ServiceAddress = Annotated[str, *_address, AfterValidator(_with_a_port)]

_http_namespace = text(
    r"[!-~]+", "the name of a Cloud Map namespace", "its name, such as platform.local", length=1024
)
HttpNamespaceName = Annotated[str, *_http_namespace]
"""Every name that Cloud Map allows ("CreateHttpNamespace"), because existing names cannot be changed."""
