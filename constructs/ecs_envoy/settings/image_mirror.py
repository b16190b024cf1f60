"""A registry in ECR that holds copies of public images."""

from typing import Annotated

from pydantic import AfterValidator

from ecs_envoy.settings.regions import partition_of, region_problem
from envoy_config.values import problem, text

UPSTREAMS = {"docker.io": "docker-hub", "public.ecr.aws": "ecr-public"}
"""
The public registries that our images come from, and the prefixes of their copies: those that ECR's console
proposes for pull-through cache rules ("Creating a pull through cache rule").
"""

_registry = text(
    r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.(?:com(?:\.cn)?|eu)",
    "a private registry in ECR",
    "its host name, such as 111122223333.dkr.ecr.eu-west-1.amazonaws.com",
)


def registry_region(registry: str) -> str:
    """Return the region of a registry in ECR."""
    return registry.split(".")[3]


def _in_its_region(registry: str) -> str:
    region = registry_region(registry)
    if text := region_problem(region):
        raise problem(text)
    host, suffix = registry.partition(region)[0] + region, partition_of(region).dns_suffix
    if registry != f"{host}.{suffix}":
        raise problem(f"{registry!r} does not end in {suffix}, as in {region}; give {host}.{suffix}")
    return registry


EcrRegistry = Annotated[str, *_registry, AfterValidator(_in_its_region)]

_DOCKER_HUB = ("index.docker.io", "registry-1.docker.io")
"""Other names of docker.io."""


def mirrored(image: str, mirror: str | None) -> str:
    """Return the name of the copy of `image` in the registry `mirror`; `image` itself if it is not public.

    Args:
        image: An image's name with its tag or digest.
        mirror: A registry in ECR; None for no mirror.

    """
    host, _, path = image.partition("/")
    if not path or not ("." in host or ":" in host):
        host, path = "docker.io", image
    if host in _DOCKER_HUB:
        host = "docker.io"
    if host == "docker.io" and "/" not in path:
        path = f"library/{path}"
    return f"{mirror}/{UPSTREAMS[host]}/{path}" if mirror and host in UPSTREAMS else image
