"""CDK constructs that balance gRPC calls over Amazon ECS tasks with plain Envoy."""

from ecs_envoy.envoy_container import BootstrapTooLargeError
from ecs_envoy.envoy_proxy import EnvoyProxy
from ecs_envoy.existing_grpc_service import ExistingGrpcService
from ecs_envoy.grpc_service import GrpcService
from ecs_envoy.network import Network
from ecs_envoy.public_api import PublicApi
from ecs_envoy.routed_service import RoutedService

__all__ = [
    "BootstrapTooLargeError",
    "EnvoyProxy",
    "ExistingGrpcService",
    "GrpcService",
    "Network",
    "PublicApi",
    "RoutedService",
]
