"""The DNS records of a Cloud Map namespace, as Route 53 would serve them, made from DiscoverInstances."""

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.account.aws import Aws
from rehearsal.account.name_server import Registry


class CloudMapZone:
    """Looks up DNS records of one namespace in the Cloud Map API.

    Args:
        aws: The account to ask.
        namespace: The namespace's DNS name.

    """

    def __init__(self, aws: Aws, namespace: str) -> None:
        self._cloud_map = aws.cloud_map()
        self._namespace = namespace
        self._ttls: dict[str, int] = {}
        self._last: dict[str, Registry] = {}

    def lookup(self, name: str) -> Registry | None:
        """Return the records of `name`; None if the namespace has no such service.

        If the API fails, the last records stay: Route 53 keeps its own copy of them.
        """
        service, _, namespace = name.partition(".")
        if namespace != self._namespace:
            return None
        try:
            answer = self._cloud_map.discover_instances(
                NamespaceName=namespace, ServiceName=service, HealthStatus="ALL"
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in {"ServiceNotFound", "NamespaceNotFound"}:
                return None
            return self._last.get(name)
        except BotoCoreError:
            return self._last.get(name)
        instances = answer["Instances"]
        # As Route 53 does it ("Multivalue answer routing"): the healthy ones, or all if none is healthy.
        healthy = [instance for instance in instances if instance.get("HealthStatus") != "UNHEALTHY"]
        addresses = [
            attributes["AWS_INSTANCE_IPV4"]
            for instance in healthy or instances
            if "AWS_INSTANCE_IPV4" in (attributes := instance.get("Attributes", {}))
        ]
        self._last[name] = Registry(addresses, self.ttl(service))
        return self._last[name]

    def ttl(self, service: str) -> int:
        """Return the TTL in seconds of the records of `service`."""
        if service not in self._ttls:
            for listed in self._cloud_map.list_services()["Services"]:
                records = self._cloud_map.get_service(Id=listed.get("Id", ""))["Service"]
                ttls = [r.get("TTL", 0) for r in records.get("DnsConfig", {}).get("DnsRecords", [])]
                self._ttls[records.get("Name", "")] = ttls[0] if ttls else 60
        return self._ttls.get(service, 60)
