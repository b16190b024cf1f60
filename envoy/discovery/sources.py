"""Makes the source of each service: Cloud Map in one or more namespaces, or ECS in one or more clusters."""

import os

from discovery.aws.api import AwsApi, Target
from discovery.cloud_map.client import CloudMap, Health
from discovery.cloud_map.source import CloudMapSource
from discovery.ecs.source import EcsSource
from discovery.ecs.tasks import ClusterTasks
from discovery.events.queue import EventQueue
from discovery.poller import Source
from discovery.settings import Service, Settings


class Sources:
    """Makes sources that share what they can: a client for a namespace, a reading for an ECS cluster.

    Args:
        settings: All services.
        region: The AWS region.

    """

    def __init__(self, settings: Settings, region: str) -> None:
        self._settings, self._region = settings, region
        self._namespaces: dict[str, CloudMap] = {}
        self._clusters: dict[str, ClusterTasks] = {}

    def of(self, service: Service) -> Source:
        """Return the source of `service`."""
        if service.ecs_cluster:
            tasks = self._cluster(service.ecs_cluster)
            return EcsSource(
                tasks=tasks, ecs_cluster=service.ecs_cluster, service=service.ecs_service, port=service.port
            )
        # Where Envoy checks a task itself, it knows sooner than Cloud Map.
        health: Health = "HEALTHY_OR_ELSE_ALL" if service.cloud_map_health else "ALL"
        return CloudMapSource(
            cloud_map=self._namespace(service.namespace or self._settings.namespace),
            name=service.name,
            service=service.cloud_map_service,
            port=service.port,
            health=health,
        )

    def of_proxies(self) -> Source:
        """Return the source of the proxy's own tasks."""
        name = self._settings.proxy
        return self.of(Service(name=name, cloud_map_service=name, port=self._settings.port))

    def events(self, queue: str) -> EventQueue:
        """Return the queue of ECS's events at the URL `queue`."""
        target = Target(
            endpoint=_endpoint("sqs", "SQS", self._region),
            service="sqs",
            prefix="AmazonSQS",
            region=self._region,
            json_version="1.0",
        )
        return EventQueue(AwsApi(target), queue)

    def _namespace(self, namespace: str) -> CloudMap:
        if namespace not in self._namespaces:
            self._namespaces[namespace] = CloudMap(
                endpoint=_endpoint("data-servicediscovery", "SERVICEDISCOVERY", self._region),
                control_endpoint=_endpoint("servicediscovery", "SERVICEDISCOVERY", self._region),
                region=self._region,
                namespace=namespace,
            )
        return self._namespaces[namespace]

    def _cluster(self, ecs_cluster: str) -> ClusterTasks:
        if ecs_cluster not in self._clusters:
            target = Target(
                endpoint=_endpoint("ecs", "ECS", self._region),
                service="ecs",
                prefix="AmazonEC2ContainerServiceV20141113",
                region=self._region,
            )
            services = {s.ecs_service for s in self._settings.services if s.ecs_cluster == ecs_cluster}
            self._clusters[ecs_cluster] = ClusterTasks(AwsApi(target), ecs_cluster, services)
        return self._clusters[ecs_cluster]


def _endpoint(host: str, service: str, region: str) -> str:
    """Return the URL of an API: from the environment variables that AWS's SDKs read, or from the region."""
    configured = os.environ.get(f"AWS_ENDPOINT_URL_{service}") or os.environ.get("AWS_ENDPOINT_URL")
    # The suffixes of AWS's partitions, as in botocore's partitions.json.
    suffix = {"cn": "amazonaws.com.cn", "eusc": "amazonaws.eu"}.get(region.partition("-")[0], "amazonaws.com")
    return configured or f"https://{host}.{region}.{suffix}"
