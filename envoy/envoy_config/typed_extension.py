"""How Envoy's messages name an extension and hold its configuration."""

from envoy_config.messages import Any, Message, TypedExtensionConfig


def typed_config(message: Message) -> Any:
    """Return `message` wrapped in an `Any`, with the URL of its type."""
    return Any.pack(message)


def typed_extension(name: str, message: Message) -> TypedExtensionConfig:
    """Return the extension `name` configured by `message`."""
    return TypedExtensionConfig(name=name, typed_config=typed_config(message))
