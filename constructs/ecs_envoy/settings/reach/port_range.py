"""The ports of a service whose tasks each have their own."""

from pydantic import Field

from envoy_config.settings import Settings
from envoy_config.values import Port


class PortRange(Settings):
    """The ports of tasks that each have their own, as with the bridge network mode."""

    first: Port = Field(default=32768, description="the lowest port")
    last: Port = Field(default=65535, description="the highest port")
