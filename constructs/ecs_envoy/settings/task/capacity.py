"""What Fargate runs tasks on: the CPU's architecture, and capacity providers."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from envoy_config.settings import Settings
from envoy_config.settings_error import Finding
from envoy_config.values import whole_number

CpuArchitecture = Literal["x86_64", "arm64"]

_weight = whole_number("a weight of a capacity provider", 0, 1000)
Weight = Annotated[int, *_weight]
_base = whole_number("a number of tasks on a capacity provider", 0, 100_000)
Base = Annotated[int, *_base]
"""The bounds of both are in the API reference: CapacityProviderStrategyItem."""


class CapacityProvider(Settings):
    """A share of the tasks, and the capacity that it runs on."""

    provider: Literal["FARGATE", "FARGATE_SPOT"] = Field(
        description="FARGATE, or FARGATE_SPOT, which costs less and which AWS may take back in two minutes"
    )
    weight: Weight = Field(default=1, description="its share of the tasks beyond every base")
    base: Base = Field(default=0, description="how many tasks run on it first; one provider may have a base")


def capacity_findings(providers: Sequence[CapacityProvider]) -> list[Finding]:
    """Return why ECS would refuse `providers` (API reference: CapacityProviderStrategyItem)."""
    if not providers:
        return []
    findings: list[Finding] = []
    names = [provider.provider for provider in providers]
    if len(set(names)) < len(names):
        findings.append(((), "gives a capacity provider twice; give each once"))
    if sum(provider.base > 0 for provider in providers) > 1:
        findings.append(((), "gives two capacity providers a base; give one of them a base"))
    if not any(provider.weight for provider in providers):
        findings.append(((), "gives every capacity provider the weight 0; give one of them more"))
    return findings


def spot_warnings(providers: Sequence[CapacityProvider]) -> list[Finding]:
    """Return why a proxy on these `providers` is at risk.

    A proxy needs 115 s to leave without losing a call, and AWS gives two minutes ("Fargate capacity
    providers"). When Spot capacity runs short, AWS takes back many tasks in one go.
    """
    if all(provider.provider != "FARGATE_SPOT" for provider in providers):
        return []
    problem = (
        "clients lose several proxies at once when AWS takes Spot capacity back; give FARGATE alone, or a "
        "base on FARGATE that carries the load"
    )
    return [(("capacity_providers",), problem)]
