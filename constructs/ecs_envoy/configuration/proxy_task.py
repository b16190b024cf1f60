"""A configuration as what the proxy's containers are told, without the CDK."""

from dataclasses import dataclass

import envoy_config
from ecs_envoy.configuration.model import Configuration, ExistingService, Service
from ecs_envoy.configuration.observability import Observability
from ecs_envoy.plan.collector_settings import CollectorSettings
from ecs_envoy.plan.discovery import Discovery, discovery_for
from ecs_envoy.plan.discovery_settings import discovery_settings, followed_services
from ecs_envoy.plan.proxy_memory import envoy_memory_mib, sidecars


@dataclass(frozen=True)
class ProxyTask:
    """What the containers of the proxy's task are told.

    Attributes:
        bootstrap: Envoy's bootstrap as JSON.
        discovery: The discovery sidecar's settings as JSON; None where no service needs it.
        collector: The collector's settings as JSON; None where nothing needs it. A workspace that is
            still to be made has a stand-in for its id.

    """

    bootstrap: str
    discovery: str | None
    collector: str | None

    @property
    def beside(self) -> list[str]:
        """What stands beside the bootstrap in the task definition."""
        return [text for text in (self.discovery, self.collector) if text]


def proxy_task(configuration: Configuration) -> ProxyTask:
    """Return what the proxy of `configuration` is deployed with."""
    namespace, wanted = configuration.namespace.name, configuration.proxy
    routed = {
        **{
            name: (_upstream(name, name, namespace, service, max_tasks=service.tasks.max), name)
            for name, service in configuration.services.items()
        },
        **{
            name: (
                _upstream(name, service.cloud_map_service, namespace, service, max_tasks=None),
                service.cloud_map_service,
            )
            for name, service in configuration.existing_services.items()
        },
    }
    followed = followed_services(routed.values())
    observed = configuration.observability
    beside = sidecars(
        discovery=bool(followed),
        collector=observed.collector,
        datadog=observed.datadog is not None,
        datadog_log=observed.datadog is not None and observed.datadog.access_log,
    )
    proxy = envoy_config.Proxy(
        name=wanted.name,
        memory_mib=envoy_memory_mib(wanted.memory, beside),
        port=wanted.port,
        access_log=access_log(observed),
        metrics=envoy_config.Metrics() if observed.metrics else None,
        tracing=tracing(observed),
    )
    upstreams = [upstream for upstream, _ in routed.values()]
    settings = discovery_settings(
        namespace=namespace, proxy=wanted.name, services=followed, interval=wanted.discovery.interval
    )
    return ProxyTask(
        envoy_config.to_json(envoy_config.bootstrap(proxy, upstreams)),
        settings if followed else None,
        _collector(configuration, discovery=bool(followed)) if observed.collector else None,
    )


def access_log(observed: Observability) -> envoy_config.AccessLog:
    """Return which calls are logged."""
    wanted = observed.access_log
    return envoy_config.AccessLog(
        sample_percent=wanted.sample_percent, slower_than=wanted.slower_than, request_ids=wanted.request_ids
    )


def tracing(observed: Observability) -> envoy_config.Tracing | None:
    """Return which calls are traced; None for none."""
    return envoy_config.Tracing(sample_percent=observed.tracing.sample_percent) if observed.tracing else None


def _collector(configuration: Configuration, *, discovery: bool) -> str:
    observed, region = configuration.observability, configuration.region
    full_name = f"{configuration.proxy.name}.{configuration.namespace.name}"
    workspace = observed.prometheus.workspace if observed.prometheus else None
    identity = f"ws-{'0' * 36}" if workspace == "new" else str(workspace).rpartition("/")[2]
    url = f"https://aps-workspaces.{region}.amazonaws.com/workspaces/{identity}/api/v1/remote_write"
    return CollectorSettings(
        proxy=full_name,
        region=region,
        discovery=discovery,
        cloudwatch_log_group=f"{full_name}-metrics" if observed.cloudwatch else None,
        remote_write_url=url if workspace else None,
        tracing=observed.tracing is not None,
    ).to_json()


def _upstream(
    name: str,
    cloud_map_service: str,
    namespace: str,
    wanted: Service | ExistingService,
    *,
    max_tasks: int | None,
) -> envoy_config.Service:
    named = Discovery(wanted.discovery) if wanted.discovery else None
    discovery = discovery_for(named, max_tasks=max_tasks)
    return envoy_config.Service(
        name=name,
        address=f"{cloud_map_service}.{namespace}",
        port=wanted.port,
        grpc_services=tuple(wanted.grpc_services),
        health_check=envoy_config.HealthCheck(wanted.health_check),
        max_tasks=max_tasks,
        discovery=discovery.of_envoy,
        zone_aware=wanted.zone_aware and discovery is Discovery.CLOUD_MAP,
    )
