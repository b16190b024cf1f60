import pytest
from aws_cdk import App, Stack

from ecs_envoy import Network


@pytest.fixture
def stack() -> Stack:
    return Stack(App(), "test")


@pytest.fixture
def network(stack: Stack) -> Network:
    return Network(stack, "Network", namespace_name="test.local", availability_zones=[])
