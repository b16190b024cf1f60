"""How Envoy's messages name an extension and hold its configuration."""

from betterproto2 import Message
from envoy_data_plane.envoy.config.core.v3 import TypedExtensionConfig
from envoy_data_plane.google.protobuf import Any


def typed_config(message: Message) -> Any:
    """Return `message` wrapped in an `Any`, with the URL of its type."""
    return Any.pack(message)


def typed_extension(name: str, message: Message) -> TypedExtensionConfig:
    """Return the extension `name` configured by `message`."""
    return TypedExtensionConfig(name=name, typed_config=typed_config(message))
