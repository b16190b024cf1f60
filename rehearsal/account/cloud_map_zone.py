"""The DNS records of a Cloud Map namespace, as Route 53 would serve them, made from DiscoverInstances."""

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.account.aws import Aws
from rehearsal.account.name_server import Registry

DEFAULT_NEGATIVE_TTL = 900
"""The minimum TTL of a zone's SOA record by default ("SOA and NS records" in Route 53's Developer Guide)."""


class CloudMapZone:
    """Looks up DNS records of one namespace in the Cloud Map API.

    Args:
        aws: The account to ask.
        namespace: The namespace's DNS name.

    """

    def __init__(self, aws: Aws, namespace: str) -> None:
        self._cloud_map = aws.cloud_map()
        self._namespace = namespace
        self._found: tuple[str, int] | None = None
        self._ttls: dict[str, int] = {}
        self._last: dict[str, Registry | None] = {}

    def lookup(self, name: str) -> Registry | None:
        """Return the records of `name`; None if the name does not exist: no task is listed.

        If the API fails, the last records stay: Route 53 keeps its own copy of them.
        """
        service = name.removesuffix(f".{self._namespace}")  # it may have dots
        if service == name:
            return None
        try:
            answer = self._cloud_map.discover_instances(
                NamespaceName=self._http_name(), ServiceName=service, HealthStatus="HEALTHY_OR_ELSE_ALL"
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in {"ServiceNotFound", "NamespaceNotFound"}:
                return None
            return self._last.get(name)
        except BotoCoreError:
            return self._last.get(name)
        for instance in answer["Instances"]:
            if target := instance.get("Attributes", {}).get("AWS_INSTANCE_CNAME"):
                return self.lookup(target)  # a resolver follows a CNAME record in the same answer
        # As Route 53 does it ("Multivalue answer routing"): the healthy ones, or all if none is healthy.
        # A service without a custom health check has no health, so all are listed.
        addresses = sorted(
            attributes["AWS_INSTANCE_IPV4"]
            for instance in answer["Instances"]
            if "AWS_INSTANCE_IPV4" in (attributes := instance.get("Attributes", {}))
        )
        self._last[name] = Registry(addresses, self.ttl(service)) if addresses else None
        return self._last[name]

    def ttl(self, service: str) -> int:
        """Return the TTL in seconds of the records of `service`."""
        if service not in self._ttls:
            for listed in self._cloud_map.list_services()["Services"]:
                records = self._cloud_map.get_service(Id=listed.get("Id", ""))["Service"]
                ttls = [r.get("TTL", 0) for r in records.get("DnsConfig", {}).get("DnsRecords", [])]
                self._ttls[records.get("Name", "")] = ttls[0] if ttls else 60
        return self._ttls.get(service, 60)

    def negative_ttl(self) -> int:
        """Return for how many seconds a resolver keeps the answer that a name does not exist."""
        return self._namespace_details()[1]

    def _http_name(self) -> str:
        return self._namespace_details()[0]

    def _namespace_details(self) -> tuple[str, int]:
        if self._found is None:
            for listed in self._cloud_map.list_namespaces()["Namespaces"]:
                if listed.get("Name") == self._namespace:
                    answer = self._cloud_map.get_namespace(Id=listed.get("Id", ""))
                    properties = answer["Namespace"].get("Properties", {})
                    http_name = properties.get("HttpProperties", {}).get("HttpName", "")
                    soa = properties.get("DnsProperties", {}).get("SOA")
                    self._found = http_name, soa["TTL"] if soa else DEFAULT_NEGATIVE_TTL
        return self._found or (self._namespace, DEFAULT_NEGATIVE_TTL)
