"""The three calls of Cloud Map's API that discovery needs, for one namespace."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from discovery.aws.api import AwsApi, Target
from discovery.aws.error import AwsError
from discovery.cloud_map.once_known import OnceKnown

log = logging.getLogger("discovery")

_PREFIX = "Route53AutoNaming_v20170314"

MAX_INSTANCES = 1000
"""The largest `MaxResults` that Cloud Map allows. Its default is 100, and DiscoverInstances has no pages."""

Instance = Mapping[str, object]

Health = Literal["ALL", "HEALTHY_OR_ELSE_ALL"]
"""
Which instances to list. `ALL`: every one, whatever Cloud Map says of its health, which it shows 30 s late
("HealthCheckCustomConfig"). `HEALTHY_OR_ELSE_ALL`: the healthy ones, or all of them if none is healthy.
"""


@dataclass(frozen=True)
class Discovered:
    """An answer of DiscoverInstances; `revision` is None if the answer has none."""

    instances: list[Instance]
    revision: int | None


class CloudMap:
    """Cloud Map's API, for one namespace. Each thread that calls it keeps its own connection.

    Args:
        endpoint: The URL of the data plane, which discovers instances.
        control_endpoint: The URL of the control plane, which knows namespaces.
        region: The AWS region, for the signature.
        namespace: The namespace's id.

    """

    def __init__(self, *, endpoint: str, control_endpoint: str, region: str, namespace: str) -> None:
        self._data_plane, self._control_plane = (
            AwsApi(Target(endpoint=url, service="servicediscovery", prefix=_PREFIX, region=region))
            for url in (endpoint, control_endpoint)
        )
        self._namespace = namespace
        self._http_name = OnceKnown(self._ask_http_name)

    def revision(self, service: str) -> int:
        """Return the revision of the list of `service`; each registration changes it.

        Raises:
            AwsError: There is no usable answer.

        """
        answer = self._discover("DiscoverInstancesRevision", {"ServiceName": service})
        return _revision(service, answer.get("InstancesRevision"))

    def instances(self, service: str, health: Health) -> Discovered:
        """Return the instances of `service` that `health` asks for.

        Raises:
            AwsError: There is no usable answer.

        """
        parameters = {
            "ServiceName": service,
            "HealthStatus": health,
            "MaxResults": MAX_INSTANCES,
        }
        answer = self._discover("DiscoverInstances", parameters)
        instances, revision = answer.get("Instances"), answer.get("InstancesRevision")
        if not isinstance(instances, list):
            kind = type(instances).__name__
            raise AwsError("malformed", f"{service}: Instances is of type {kind}, not a list")
        listed = cast("list[object]", instances)
        if not all(isinstance(instance, dict) for instance in listed):
            raise AwsError("malformed", f"{service}: an instance is not a JSON object")
        # The API reference says that the revision is optional. If it is there, it has to be a number.
        number = None if revision is None else _revision(service, revision)
        return Discovered(cast("list[Instance]", listed), number)

    def close(self) -> None:
        """Close this thread's connection."""
        self._data_plane.close()

    def _discover(self, operation: str, parameters: Mapping[str, object]) -> dict[str, object]:
        named = {"NamespaceName": self._http_name.get(), **parameters}
        return self._data_plane.call(operation, named)

    def _ask_http_name(self) -> str:
        """Return the namespace's HttpName, which the data plane takes for its name.

        It is the DNS name, or that with a hash if the account has used the DNS name before in the region
        (API reference: DiscoverInstances, NamespaceName). With the DNS name alone we could find the tasks
        of another environment.
        """
        answer = self._control_plane.call("GetNamespace", {"Id": self._namespace})
        self._control_plane.close()  # it is asked only once
        try:
            namespace = cast("dict[str, dict[str, dict[str, object]]]", answer["Namespace"])
            name = namespace["Properties"]["HttpProperties"]["HttpName"]
        except (KeyError, TypeError):
            name = None
        if not isinstance(name, str) or not name:
            raise AwsError("malformed", f"GetNamespace: {self._namespace} has no HttpName")
        log.info("the namespace is known", extra={"namespace": self._namespace, "http_name": name})
        return name


def _revision(service: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise AwsError("malformed", f"{service}: InstancesRevision is {value!r}, not a number")
    return value
