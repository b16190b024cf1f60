"""A registry in ECR that holds copies of public images."""

from typing import Annotated

from envoy_config.values import text

UPSTREAMS = {"docker.io": "docker-hub", "public.ecr.aws": "ecr-public"}
"""
The public registries that our images come from, and the prefixes of their copies: those that ECR's console
proposes for pull-through cache rules ("Creating a pull through cache rule").
"""

_registry = text(
    r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?",
    "a private registry in ECR",
    "its host name, such as 111122223333.dkr.ecr.eu-west-1.amazonaws.com",
)
EcrRegistry = Annotated[str, *_registry]


def mirrored(image: str, mirror: str | None) -> str:
    """Return the name of the copy of `image` in the registry `mirror`; `image` itself if it is not public.

    Args:
        image: An image's name with its tag or digest.
        mirror: A registry in ECR; None for no mirror.

    """
    host, _, path = image.partition("/")
    if not path or not ("." in host or ":" in host):
        host, path = "docker.io", image if "/" in image else f"library/{image}"
    return f"{mirror}/{UPSTREAMS[host]}/{path}" if mirror and host in UPSTREAMS else image
