"""Tracing: Envoy sends spans of calls by OpenTelemetry to the collector in its task."""

from datetime import timedelta

from envoy_config.address import socket_address
from envoy_config.messages import (
    Cluster,
    GrpcService,
    GrpcServiceEnvoyGrpc,
    HttpConnectionManagerTracing,
    OpenTelemetryConfig,
    ParentBasedSamplerConfig,
    Percent,
    RequestIdExtension,
    TraceIdRatioBasedSamplerConfig,
    TracingHttp,
    TypedExtensionConfig,
    UuidRequestIdConfig,
)
from envoy_config.model import Proxy
from envoy_config.percentage import fractional_percent
from envoy_config.static_cluster import http2_cluster
from envoy_config.telemetry import COLLECTOR_CLUSTER, OTLP_PORT, Tracing
from envoy_config.typed_extension import typed_config, typed_extension


def tracing(proxy: Proxy) -> HttpConnectionManagerTracing | None:
    """Return how calls through `proxy` are traced; None if they are not.

    Without tracing, Envoy passes a `traceparent` on unchanged. With tracing, the task gets Envoy's span as
    its parent.
    """
    if proxy.tracing is None:
        return None
    collector = GrpcService(
        envoy_grpc=GrpcServiceEnvoyGrpc(cluster_name=COLLECTOR_CLUSTER), timeout=timedelta(seconds=1)
    )
    return HttpConnectionManagerTracing(
        # Every call reaches the sampler. The sampler follows the caller's decision; Envoy's random sampling
        # would not.
        random_sampling=Percent(value=100),
        # Each call to a task has its own span, so that retries are visible.
        spawn_upstream_span=True,
        provider=TracingHttp(
            name="envoy.tracers.opentelemetry",
            typed_config=typed_config(
                OpenTelemetryConfig(
                    grpc_service=collector, service_name=proxy.name, sampler=_sampler(proxy.tracing)
                )
            ),
        ),
    )


def request_id_extension(proxy: Proxy) -> RequestIdExtension | None:
    """Return the extension that allows tracing of calls without a request id; None for Envoy's default."""
    if proxy.tracing is None:
        return None
    return RequestIdExtension(
        typed_config=typed_config(
            UuidRequestIdConfig(pack_trace_reason=False, use_request_id_for_trace_sampling=False)
        )
    )


def _sampler(settings: Tracing) -> TypedExtensionConfig:
    share = typed_extension(
        "envoy.tracers.opentelemetry.samplers.trace_id_ratio_based",
        TraceIdRatioBasedSamplerConfig(sampling_percentage=fractional_percent(settings.sample_percent)),
    )
    return typed_extension(
        "envoy.tracers.opentelemetry.samplers.parent_based", ParentBasedSamplerConfig(wrapped_sampler=share)
    )


def collector_cluster() -> Cluster:
    """Return the cluster of the collector, on loopback."""
    return http2_cluster(COLLECTOR_CLUSTER, socket_address("127.0.0.1", OTLP_PORT))
