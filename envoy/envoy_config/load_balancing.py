"""How a cluster chooses the task of a call: Envoy's extensions for all that is not plain round robin."""

from envoy_config.messages import (
    ConsistentHashingLbConfig,
    LeastRequest,
    LeastRequestSelectionMethod,
    LoadBalancingPolicy,
    LoadBalancingPolicyPolicy,
    LocalityLbConfig,
    LocalityLbConfigLocalityWeightedLbConfig,
    Maglev,
    Metadata,
    Percent,
    Random,
    RingHash,
    RoundRobin,
    RouteActionHashPolicy,
    RouteActionHashPolicyHeader,
    RuntimeDouble,
    SlowStartConfig,
    Struct,
    Subset,
    SubsetLbSubsetFallbackPolicy,
    SubsetLbSubsetSelector,
    SubsetSelectorFallback,
    TypedExtensionConfig,
    Value,
)
from envoy_config.method_routes import canaries_of
from envoy_config.model import Service
from envoy_config.policy.load_balancing import LoadBalancing, SlowStart
from envoy_config.typed_extension import typed_extension

FULL_SCAN_TASKS = 16
"""
The most tasks of which least_request looks at each one. With two choices by lot it sends calls to the busier
of two tasks a quarter of the time. A look at each of 4 tasks costs 0.04 % of a call's instructions more than
two choices, at each of 32 2.3 % (callgrind: 186,652 in place of 182,442), so at each of 16 about 1 %.
"""

VERSION_KEY = "version"
"""The key of an endpoint's metadata `envoy.lb` with the Cloud Map attribute of that name."""

_NAMES = "envoy.load_balancing_policies"


def load_balancing_policy(service: Service) -> LoadBalancingPolicy | None:
    """Return how the cluster of `service` chooses a task; None for plain round robin."""
    settings, versions = service.policy.load_balancing, has_versions(service)
    if settings.type == "round_robin" and not settings.slow_start and not versions:
        return None
    chosen = _policy(service, settings)
    return _one(_subset(service, chosen) if versions else chosen)


def has_versions(service: Service) -> bool:
    """Return whether calls of `service` may be for tasks of one version."""
    own = service.policy.load_balancing.version is not None
    return own or any(canary.version for canary in canaries_of([service]))


def version_metadata(version: str | None) -> Metadata | None:
    """Return the metadata of the endpoints that calls go to; None for every endpoint."""
    if version is None:
        return None
    return Metadata(filter_metadata={"envoy.lb": _version_fields(version)})


def _version_fields(version: str) -> Struct:
    return Struct(fields={VERSION_KEY: Value(string_value=version)})


def _policy(service: Service, settings: LoadBalancing) -> TypedExtensionConfig:
    localities = _by_locality(service)
    match settings.type:
        case "round_robin":
            message = RoundRobin(
                slow_start_config=_slow_start(settings.slow_start), locality_lb_config=localities
            )
        case "least_request":
            message = LeastRequest(
                slow_start_config=_slow_start(settings.slow_start),
                locality_lb_config=localities,
                selection_method=_selection_method(service),
            )
        case "random":
            message = Random(locality_lb_config=localities)
        # Hashing ignores zones: each proxy prefers another one, so that a caller's task would depend on the
        # proxy that it is connected to.
        case "ring_hash":
            message = RingHash(consistent_hashing_lb_config=_by_header(settings.hash_header or ""))
        case "maglev":
            message = Maglev(consistent_hashing_lb_config=_by_header(settings.hash_header or ""))
    return typed_extension(f"{_NAMES}.{settings.type}", message)


def _selection_method(service: Service) -> LeastRequestSelectionMethod:
    few = service.max_tasks is not None and service.max_tasks <= FULL_SCAN_TASKS
    return LeastRequestSelectionMethod.FULL_SCAN if few else LeastRequestSelectionMethod.N_CHOICES


def _by_locality(service: Service) -> LocalityLbConfig | None:
    # As `locality_weighted_lb_config` of a cluster that is balanced by plain round robin (cluster.py).
    weighted = LocalityLbConfigLocalityWeightedLbConfig()
    return LocalityLbConfig(locality_weighted_lb_config=weighted) if service.zone_aware else None


def _slow_start(slow_start: SlowStart | None) -> SlowStartConfig | None:
    if slow_start is None:
        return None
    return SlowStartConfig(
        slow_start_window=slow_start.window,
        aggression=RuntimeDouble(
            default_value=slow_start.aggression, runtime_key="load_balancing.slow_start_aggression"
        ),
        min_weight_percent=Percent(value=slow_start.min_weight_percent),
    )


def _by_header(name: str) -> ConsistentHashingLbConfig:
    # In the cluster and not in each route (`RouteAction.hash_policy`), so that the bootstrap has it once.
    header = RouteActionHashPolicyHeader(header_name=name)
    return ConsistentHashingLbConfig(hash_policy=[RouteActionHashPolicy(header=header)])


def _subset(service: Service, policy: TypedExtensionConfig) -> TypedExtensionConfig:
    version, fallback = service.policy.load_balancing.version, SubsetLbSubsetFallbackPolicy
    return typed_extension(
        f"{_NAMES}.subset",
        Subset(
            # Calls of another service's route (a canary, a mirror) name no version.
            fallback_policy=fallback.DEFAULT_SUBSET if version else fallback.ANY_ENDPOINT,
            default_subset=_version_fields(version) if version else None,
            # A version that no task has gets no calls elsewhere: whoever names one does not want another.
            subset_selectors=[
                SubsetLbSubsetSelector(
                    keys=[VERSION_KEY],
                    fallback_policy=SubsetSelectorFallback.NO_FALLBACK,
                )
            ],
            # A zone's weight counts with the share of its tasks that have the version.
            locality_weight_aware=service.zone_aware,
            scale_locality_weight=service.zone_aware,
            subset_lb_policy=_one(policy),
        ),
    )


def _one(policy: TypedExtensionConfig) -> LoadBalancingPolicy:
    return LoadBalancingPolicy(policies=[LoadBalancingPolicyPolicy(typed_extension_config=policy)])
