"""The messages of `messages.py` as type checkers see them. Add one here, then run `make messages`."""

from betterproto2 import Message as Message
from envoy_data_plane.envoy.config.accesslog.v3 import AccessLog as AccessLog
from envoy_data_plane.envoy.config.accesslog.v3 import AccessLogFilter as AccessLogFilter
from envoy_data_plane.envoy.config.accesslog.v3 import AndFilter as AndFilter
from envoy_data_plane.envoy.config.accesslog.v3 import ComparisonFilter as ComparisonFilter
from envoy_data_plane.envoy.config.accesslog.v3 import ComparisonFilterOp as ComparisonFilterOp
from envoy_data_plane.envoy.config.accesslog.v3 import DurationFilter as DurationFilter
from envoy_data_plane.envoy.config.accesslog.v3 import ExtensionFilter as ExtensionFilter
from envoy_data_plane.envoy.config.accesslog.v3 import GrpcStatusFilter as GrpcStatusFilter
from envoy_data_plane.envoy.config.accesslog.v3 import GrpcStatusFilterStatus as GrpcStatusFilterStatus
from envoy_data_plane.envoy.config.accesslog.v3 import HeaderFilter as HeaderFilter
from envoy_data_plane.envoy.config.accesslog.v3 import OrFilter as OrFilter
from envoy_data_plane.envoy.config.accesslog.v3 import ResponseFlagFilter as ResponseFlagFilter
from envoy_data_plane.envoy.config.accesslog.v3 import RuntimeFilter as RuntimeFilter
from envoy_data_plane.envoy.config.accesslog.v3 import StatusCodeFilter as StatusCodeFilter
from envoy_data_plane.envoy.config.bootstrap.v3 import Admin as Admin
from envoy_data_plane.envoy.config.bootstrap.v3 import Bootstrap as Bootstrap
from envoy_data_plane.envoy.config.bootstrap.v3 import BootstrapDynamicResources as BootstrapDynamicResources
from envoy_data_plane.envoy.config.bootstrap.v3 import BootstrapStaticResources as BootstrapStaticResources
from envoy_data_plane.envoy.config.bootstrap.v3 import LayeredRuntime as LayeredRuntime
from envoy_data_plane.envoy.config.bootstrap.v3 import RuntimeLayer as RuntimeLayer
from envoy_data_plane.envoy.config.cluster.v3 import CircuitBreakers as CircuitBreakers
from envoy_data_plane.envoy.config.cluster.v3 import CircuitBreakersThresholds as CircuitBreakersThresholds
from envoy_data_plane.envoy.config.cluster.v3 import (
    CircuitBreakersThresholdsRetryBudget as CircuitBreakersThresholdsRetryBudget,
)
from envoy_data_plane.envoy.config.cluster.v3 import Cluster as Cluster
from envoy_data_plane.envoy.config.cluster.v3 import ClusterCommonLbConfig as ClusterCommonLbConfig
from envoy_data_plane.envoy.config.cluster.v3 import (
    ClusterCommonLbConfigLocalityWeightedLbConfig as ClusterCommonLbConfigLocalityWeightedLbConfig,
)
from envoy_data_plane.envoy.config.cluster.v3 import ClusterCustomClusterType as ClusterCustomClusterType
from envoy_data_plane.envoy.config.cluster.v3 import ClusterDiscoveryType as ClusterDiscoveryType
from envoy_data_plane.envoy.config.cluster.v3 import ClusterEdsClusterConfig as ClusterEdsClusterConfig
from envoy_data_plane.envoy.config.cluster.v3 import ClusterLbPolicy as ClusterLbPolicy
from envoy_data_plane.envoy.config.cluster.v3 import LoadBalancingPolicy as LoadBalancingPolicy
from envoy_data_plane.envoy.config.cluster.v3 import LoadBalancingPolicyPolicy as LoadBalancingPolicyPolicy
from envoy_data_plane.envoy.config.cluster.v3 import OutlierDetection as OutlierDetection
from envoy_data_plane.envoy.config.cluster.v3 import TrackClusterStats as TrackClusterStats
from envoy_data_plane.envoy.config.cluster.v3 import UpstreamConnectionOptions as UpstreamConnectionOptions
from envoy_data_plane.envoy.config.common.mutation_rules.v3 import HeaderMutation as HeaderMutationRule
from envoy_data_plane.envoy.config.core.v3 import Address as Address
from envoy_data_plane.envoy.config.core.v3 import AggregatedConfigSource as AggregatedConfigSource
from envoy_data_plane.envoy.config.core.v3 import ApiConfigSource as ApiConfigSource
from envoy_data_plane.envoy.config.core.v3 import ApiConfigSourceApiType as ApiConfigSourceApiType
from envoy_data_plane.envoy.config.core.v3 import ApiVersion as ApiVersion
from envoy_data_plane.envoy.config.core.v3 import CelExpressionConfig as CelExpressionConfig
from envoy_data_plane.envoy.config.core.v3 import ConfigSource as ConfigSource
from envoy_data_plane.envoy.config.core.v3 import DataSource as DataSource
from envoy_data_plane.envoy.config.core.v3 import GrpcService as GrpcService
from envoy_data_plane.envoy.config.core.v3 import GrpcServiceEnvoyGrpc as GrpcServiceEnvoyGrpc
from envoy_data_plane.envoy.config.core.v3 import HeaderValue as HeaderValue
from envoy_data_plane.envoy.config.core.v3 import HeaderValueOption as HeaderValueOption
from envoy_data_plane.envoy.config.core.v3 import (
    HeaderValueOptionHeaderAppendAction as HeaderValueOptionHeaderAppendAction,
)
from envoy_data_plane.envoy.config.core.v3 import HealthCheck as HealthCheck
from envoy_data_plane.envoy.config.core.v3 import HealthCheckGrpcHealthCheck as HealthCheckGrpcHealthCheck
from envoy_data_plane.envoy.config.core.v3 import HealthCheckPayload as HealthCheckPayload
from envoy_data_plane.envoy.config.core.v3 import HealthCheckTcpHealthCheck as HealthCheckTcpHealthCheck
from envoy_data_plane.envoy.config.core.v3 import Http2ProtocolOptions as Http2ProtocolOptions
from envoy_data_plane.envoy.config.core.v3 import (
    Http2ProtocolOptionsSettingsParameter as Http2ProtocolOptionsSettingsParameter,
)
from envoy_data_plane.envoy.config.core.v3 import HttpProtocolOptions as CommonHttpProtocolOptions
from envoy_data_plane.envoy.config.core.v3 import KeepaliveSettings as KeepaliveSettings
from envoy_data_plane.envoy.config.core.v3 import Metadata as Metadata
from envoy_data_plane.envoy.config.core.v3 import Node as Node
from envoy_data_plane.envoy.config.core.v3 import PathConfigSource as PathConfigSource
from envoy_data_plane.envoy.config.core.v3 import RuntimeDouble as RuntimeDouble
from envoy_data_plane.envoy.config.core.v3 import RuntimeFeatureFlag as RuntimeFeatureFlag
from envoy_data_plane.envoy.config.core.v3 import RuntimeFractionalPercent as RuntimeFractionalPercent
from envoy_data_plane.envoy.config.core.v3 import RuntimePercent as RuntimePercent
from envoy_data_plane.envoy.config.core.v3 import RuntimeUInt32 as RuntimeUInt32
from envoy_data_plane.envoy.config.core.v3 import SocketAddress as SocketAddress
from envoy_data_plane.envoy.config.core.v3 import SubstitutionFormatString as SubstitutionFormatString
from envoy_data_plane.envoy.config.core.v3 import TcpKeepalive as TcpKeepalive
from envoy_data_plane.envoy.config.core.v3 import TypedExtensionConfig as TypedExtensionConfig
from envoy_data_plane.envoy.config.core.v3 import WatchedDirectory as WatchedDirectory
from envoy_data_plane.envoy.config.endpoint.v3 import ClusterLoadAssignment as ClusterLoadAssignment
from envoy_data_plane.envoy.config.endpoint.v3 import Endpoint as Endpoint
from envoy_data_plane.envoy.config.endpoint.v3 import EndpointHealthCheckConfig as EndpointHealthCheckConfig
from envoy_data_plane.envoy.config.endpoint.v3 import LbEndpoint as LbEndpoint
from envoy_data_plane.envoy.config.endpoint.v3 import LocalityLbEndpoints as LocalityLbEndpoints
from envoy_data_plane.envoy.config.listener.v3 import AdditionalAddress as AdditionalAddress
from envoy_data_plane.envoy.config.listener.v3 import Filter as Filter
from envoy_data_plane.envoy.config.listener.v3 import FilterChain as FilterChain
from envoy_data_plane.envoy.config.listener.v3 import Listener as Listener
from envoy_data_plane.envoy.config.metrics.v3 import HistogramBucketSettings as HistogramBucketSettings
from envoy_data_plane.envoy.config.metrics.v3 import StatsConfig as StatsConfig
from envoy_data_plane.envoy.config.metrics.v3 import StatsMatcher as StatsMatcher
from envoy_data_plane.envoy.config.metrics.v3 import TagSpecifier as TagSpecifier
from envoy_data_plane.envoy.config.overload.v3 import BufferFactoryConfig as BufferFactoryConfig
from envoy_data_plane.envoy.config.overload.v3 import OverloadAction as OverloadAction
from envoy_data_plane.envoy.config.overload.v3 import OverloadManager as OverloadManager
from envoy_data_plane.envoy.config.overload.v3 import ResourceMonitor as ResourceMonitor
from envoy_data_plane.envoy.config.overload.v3 import ScaledTrigger as ScaledTrigger
from envoy_data_plane.envoy.config.overload.v3 import (
    ScaleTimersOverloadActionConfig as ScaleTimersOverloadActionConfig,
)
from envoy_data_plane.envoy.config.overload.v3 import (
    ScaleTimersOverloadActionConfigScaleTimer as ScaleTimersOverloadActionConfigScaleTimer,
)
from envoy_data_plane.envoy.config.overload.v3 import (
    ScaleTimersOverloadActionConfigTimerType as ScaleTimersOverloadActionConfigTimerType,
)
from envoy_data_plane.envoy.config.overload.v3 import ThresholdTrigger as ThresholdTrigger
from envoy_data_plane.envoy.config.overload.v3 import Trigger as Trigger
from envoy_data_plane.envoy.config.route.v3 import FilterConfig as FilterConfig
from envoy_data_plane.envoy.config.route.v3 import HeaderMatcher as HeaderMatcher
from envoy_data_plane.envoy.config.route.v3 import HedgePolicy as HedgePolicy
from envoy_data_plane.envoy.config.route.v3 import RateLimit as RateLimit
from envoy_data_plane.envoy.config.route.v3 import RateLimitAction as RateLimitAction
from envoy_data_plane.envoy.config.route.v3 import RateLimitActionMetaData as RateLimitActionMetaData
from envoy_data_plane.envoy.config.route.v3 import (
    RateLimitActionMetaDataSource as RateLimitActionMetaDataSource,
)
from envoy_data_plane.envoy.config.route.v3 import (
    RateLimitActionRemoteAddress as RateLimitActionRemoteAddress,
)
from envoy_data_plane.envoy.config.route.v3 import (
    RateLimitActionRequestHeaders as RateLimitActionRequestHeaders,
)
from envoy_data_plane.envoy.config.route.v3 import RetryPolicy as RetryPolicy
from envoy_data_plane.envoy.config.route.v3 import (
    RetryPolicyRateLimitedRetryBackOff as RetryPolicyRateLimitedRetryBackOff,
)
from envoy_data_plane.envoy.config.route.v3 import RetryPolicyResetHeader as RetryPolicyResetHeader
from envoy_data_plane.envoy.config.route.v3 import (
    RetryPolicyResetHeaderFormat as RetryPolicyResetHeaderFormat,
)
from envoy_data_plane.envoy.config.route.v3 import RetryPolicyRetryBackOff as RetryPolicyRetryBackOff
from envoy_data_plane.envoy.config.route.v3 import (
    RetryPolicyRetryHostPredicate as RetryPolicyRetryHostPredicate,
)
from envoy_data_plane.envoy.config.route.v3 import Route as Route
from envoy_data_plane.envoy.config.route.v3 import RouteAction as RouteAction
from envoy_data_plane.envoy.config.route.v3 import RouteActionHashPolicy as RouteActionHashPolicy
from envoy_data_plane.envoy.config.route.v3 import RouteActionHashPolicyHeader as RouteActionHashPolicyHeader
from envoy_data_plane.envoy.config.route.v3 import (
    RouteActionMaxStreamDuration as RouteActionMaxStreamDuration,
)
from envoy_data_plane.envoy.config.route.v3 import (
    RouteActionRequestMirrorPolicy as RouteActionRequestMirrorPolicy,
)
from envoy_data_plane.envoy.config.route.v3 import RouteConfiguration as RouteConfiguration
from envoy_data_plane.envoy.config.route.v3 import RouteMatch as RouteMatch
from envoy_data_plane.envoy.config.route.v3 import VirtualHost as VirtualHost
from envoy_data_plane.envoy.config.route.v3 import WeightedCluster as WeightedCluster
from envoy_data_plane.envoy.config.route.v3 import (
    WeightedClusterClusterWeight as WeightedClusterClusterWeight,
)
from envoy_data_plane.envoy.config.trace.v3 import OpenTelemetryConfig as OpenTelemetryConfig
from envoy_data_plane.envoy.config.trace.v3 import TracingHttp as TracingHttp
from envoy_data_plane.envoy.extensions.access_loggers.filters.cel.v3 import (
    ExpressionFilter as ExpressionFilter,
)
from envoy_data_plane.envoy.extensions.access_loggers.stats.v3 import Config as Config
from envoy_data_plane.envoy.extensions.access_loggers.stats.v3 import ConfigCounter as ConfigCounter
from envoy_data_plane.envoy.extensions.access_loggers.stats.v3 import ConfigHistogram as ConfigHistogram
from envoy_data_plane.envoy.extensions.access_loggers.stats.v3 import (
    ConfigHistogramUnit as ConfigHistogramUnit,
)
from envoy_data_plane.envoy.extensions.access_loggers.stats.v3 import ConfigStat as ConfigStat
from envoy_data_plane.envoy.extensions.access_loggers.stats.v3 import ConfigTag as ConfigTag
from envoy_data_plane.envoy.extensions.access_loggers.stream.v3 import StdoutAccessLog as StdoutAccessLog
from envoy_data_plane.envoy.extensions.clusters.common.dns.v3 import DnsLookupFamily as DnsLookupFamily
from envoy_data_plane.envoy.extensions.clusters.dns.v3 import DnsCluster as DnsCluster
from envoy_data_plane.envoy.extensions.clusters.dns.v3 import DnsClusterRefreshRate as DnsClusterRefreshRate
from envoy_data_plane.envoy.extensions.common.ratelimit.v3 import (
    LocalRateLimitDescriptor as LocalRateLimitDescriptor,
)
from envoy_data_plane.envoy.extensions.common.ratelimit.v3 import (
    RateLimitDescriptorEntry as RateLimitDescriptorEntry,
)
from envoy_data_plane.envoy.extensions.filters.common.fault.v3 import FaultDelay as FaultDelay
from envoy_data_plane.envoy.extensions.filters.http.adaptive_concurrency.v3 import (
    AdaptiveConcurrency as AdaptiveConcurrency,
)
from envoy_data_plane.envoy.extensions.filters.http.adaptive_concurrency.v3 import (
    GradientControllerConfig as GradientControllerConfig,
)
from envoy_data_plane.envoy.extensions.filters.http.adaptive_concurrency.v3 import (
    GradientControllerConfigConcurrencyLimitCalculationParams as GradientControllerConfigConcurrencyLimitCalculationParams,  # noqa: E501
)
from envoy_data_plane.envoy.extensions.filters.http.adaptive_concurrency.v3 import (
    GradientControllerConfigMinimumRttCalculationParams as GradientControllerConfigMinimumRttCalculationParams,  # noqa: E501
)
from envoy_data_plane.envoy.extensions.filters.http.admission_control.v3 import (
    AdmissionControl as AdmissionControl,
)
from envoy_data_plane.envoy.extensions.filters.http.admission_control.v3 import (
    AdmissionControlSuccessCriteria as AdmissionControlSuccessCriteria,
)
from envoy_data_plane.envoy.extensions.filters.http.admission_control.v3 import (
    AdmissionControlSuccessCriteriaGrpcCriteria as AdmissionControlSuccessCriteriaGrpcCriteria,
)
from envoy_data_plane.envoy.extensions.filters.http.buffer.v3 import Buffer as Buffer
from envoy_data_plane.envoy.extensions.filters.http.buffer.v3 import BufferPerRoute as BufferPerRoute
from envoy_data_plane.envoy.extensions.filters.http.fault.v3 import FaultAbort as FaultAbort
from envoy_data_plane.envoy.extensions.filters.http.fault.v3 import HttpFault as HttpFault
from envoy_data_plane.envoy.extensions.filters.http.header_mutation.v3 import HeaderMutation as HeaderMutation
from envoy_data_plane.envoy.extensions.filters.http.header_mutation.v3 import Mutations as HeaderMutations
from envoy_data_plane.envoy.extensions.filters.http.local_ratelimit.v3 import LocalRateLimit as LocalRateLimit
from envoy_data_plane.envoy.extensions.filters.http.router.v3 import Router as Router
from envoy_data_plane.envoy.extensions.filters.http.upstream_codec.v3 import UpstreamCodec as UpstreamCodec
from envoy_data_plane.envoy.extensions.filters.network.connection_limit.v3 import (
    ConnectionLimit as ConnectionLimit,
)
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import (
    HttpConnectionManager as HttpConnectionManager,
)
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import (
    HttpConnectionManagerCodecType as HttpConnectionManagerCodecType,
)
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import (
    HttpConnectionManagerTracing as HttpConnectionManagerTracing,
)
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import (
    HttpFilter as HttpFilter,
)
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import (
    LocalReplyConfig as LocalReplyConfig,
)
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import (
    RequestIdExtension as RequestIdExtension,
)
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import (
    ResponseMapper as ResponseMapper,
)
from envoy_data_plane.envoy.extensions.load_balancing_policies.common.v3 import (
    ConsistentHashingLbConfig as ConsistentHashingLbConfig,
)
from envoy_data_plane.envoy.extensions.load_balancing_policies.common.v3 import (
    LocalityLbConfig as LocalityLbConfig,
)
from envoy_data_plane.envoy.extensions.load_balancing_policies.common.v3 import (
    LocalityLbConfigLocalityWeightedLbConfig as LocalityLbConfigLocalityWeightedLbConfig,
)
from envoy_data_plane.envoy.extensions.load_balancing_policies.common.v3 import (
    SlowStartConfig as SlowStartConfig,
)
from envoy_data_plane.envoy.extensions.load_balancing_policies.least_request.v3 import (
    LeastRequest as LeastRequest,
)
from envoy_data_plane.envoy.extensions.load_balancing_policies.least_request.v3 import (
    LeastRequestSelectionMethod as LeastRequestSelectionMethod,
)
from envoy_data_plane.envoy.extensions.load_balancing_policies.maglev.v3 import Maglev as Maglev
from envoy_data_plane.envoy.extensions.load_balancing_policies.random.v3 import Random as Random
from envoy_data_plane.envoy.extensions.load_balancing_policies.ring_hash.v3 import RingHash as RingHash
from envoy_data_plane.envoy.extensions.load_balancing_policies.round_robin.v3 import RoundRobin as RoundRobin
from envoy_data_plane.envoy.extensions.load_balancing_policies.subset.v3 import Subset as Subset
from envoy_data_plane.envoy.extensions.load_balancing_policies.subset.v3 import (
    SubsetLbSubsetFallbackPolicy as SubsetLbSubsetFallbackPolicy,
)
from envoy_data_plane.envoy.extensions.load_balancing_policies.subset.v3 import (
    SubsetLbSubsetSelector as SubsetLbSubsetSelector,
)
from envoy_data_plane.envoy.extensions.load_balancing_policies.subset.v3 import (
    SubsetLbSubsetSelectorLbSubsetSelectorFallbackPolicy as SubsetSelectorFallback,
)
from envoy_data_plane.envoy.extensions.matching.actions.transform_stat.v3 import (
    TransformStat as TransformStat,
)
from envoy_data_plane.envoy.extensions.matching.actions.transform_stat.v3 import (
    TransformStatDropStat as TransformStatDropStat,
)
from envoy_data_plane.envoy.extensions.matching.common_inputs.stats.v3 import (
    StatTagValueInput as StatTagValueInput,
)
from envoy_data_plane.envoy.extensions.network.dns_resolver.cares.v3 import (
    CaresDnsResolverConfig as CaresDnsResolverConfig,
)
from envoy_data_plane.envoy.extensions.request_id.uuid.v3 import UuidRequestIdConfig as UuidRequestIdConfig
from envoy_data_plane.envoy.extensions.resource_monitors.downstream_connections.v3 import (
    DownstreamConnectionsConfig as DownstreamConnectionsConfig,
)
from envoy_data_plane.envoy.extensions.resource_monitors.fixed_heap.v3 import (
    FixedHeapConfig as FixedHeapConfig,
)
from envoy_data_plane.envoy.extensions.retry.host.omit_host_metadata.v3 import (
    OmitHostMetadataConfig as OmitHostMetadataConfig,
)
from envoy_data_plane.envoy.extensions.retry.host.previous_hosts.v3 import (
    PreviousHostsPredicate as PreviousHostsPredicate,
)
from envoy_data_plane.envoy.extensions.tracers.opentelemetry.samplers.v3 import (
    ParentBasedSamplerConfig as ParentBasedSamplerConfig,
)
from envoy_data_plane.envoy.extensions.tracers.opentelemetry.samplers.v3 import (
    TraceIdRatioBasedSamplerConfig as TraceIdRatioBasedSamplerConfig,
)
from envoy_data_plane.envoy.extensions.upstreams.http.v3 import HttpProtocolOptions as HttpProtocolOptions
from envoy_data_plane.envoy.extensions.upstreams.http.v3 import (
    HttpProtocolOptionsExplicitHttpConfig as HttpProtocolOptionsExplicitHttpConfig,
)
from envoy_data_plane.envoy.type.matcher.v3 import ListStringMatcher as ListStringMatcher
from envoy_data_plane.envoy.type.matcher.v3 import RegexMatcher as RegexMatcher
from envoy_data_plane.envoy.type.matcher.v3 import StringMatcher as StringMatcher
from envoy_data_plane.envoy.type.metadata.v3 import MetadataKey as MetadataKey
from envoy_data_plane.envoy.type.metadata.v3 import MetadataKeyPathSegment as MetadataKeyPathSegment
from envoy_data_plane.envoy.type.v3 import FractionalPercent as FractionalPercent
from envoy_data_plane.envoy.type.v3 import (
    FractionalPercentDenominatorType as FractionalPercentDenominatorType,
)
from envoy_data_plane.envoy.type.v3 import Percent as Percent
from envoy_data_plane.envoy.type.v3 import Scope as Scope
from envoy_data_plane.envoy.type.v3 import TokenBucket as TokenBucket
from envoy_data_plane.google.protobuf import Any as Any
from envoy_data_plane.google.protobuf import Struct as Struct
from envoy_data_plane.google.protobuf import Value as Value
from envoy_data_plane.xds.core.v3 import TypedExtensionConfig as XdsTypedExtensionConfig
from envoy_data_plane.xds.type.matcher.v3 import Matcher as Matcher
from envoy_data_plane.xds.type.matcher.v3 import MatcherMatcherList as MatcherMatcherList
from envoy_data_plane.xds.type.matcher.v3 import (
    MatcherMatcherListFieldMatcher as MatcherMatcherListFieldMatcher,
)
from envoy_data_plane.xds.type.matcher.v3 import MatcherMatcherListPredicate as MatcherMatcherListPredicate
from envoy_data_plane.xds.type.matcher.v3 import (
    MatcherMatcherListPredicateSinglePredicate as MatcherMatcherListPredicateSinglePredicate,
)
from envoy_data_plane.xds.type.matcher.v3 import MatcherOnMatch as MatcherOnMatch
from envoy_data_plane.xds.type.matcher.v3 import StringMatcher as XdsStringMatcher

__all__ = [
    "CommonHttpProtocolOptions",
    "HeaderMutationRule",
    "HeaderMutations",
    "SubsetSelectorFallback",
    "XdsStringMatcher",
    "XdsTypedExtensionConfig",
]  # renamed here

def json_of(message: Message) -> object: ...
