"""Envoy's way to name an extension and carry its configuration."""

from betterproto2 import Message
from envoy_data_plane.envoy.config.core.v3 import TypedExtensionConfig
from envoy_data_plane.google.protobuf import Any


def typed_config(message: Message) -> Any:
    """Return `message` wrapped with its type's URL."""
    return Any.pack(message)


def typed_extension(name: str, message: Message) -> TypedExtensionConfig:
    """Return the extension `name` configured by `message`."""
    return TypedExtensionConfig(name=name, typed_config=typed_config(message))
