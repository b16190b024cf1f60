"""Images in a private registry of ECR."""

import re

ECR_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.(?:com(?:\.cn)?|eu)/"
    r"(?P<name>[^:@]+)(?::[^@]+)?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)

NO_LOGIN = "ECR takes no login; remove it"
"""The execution role pulls from ECR ("Using non-AWS container images in Amazon ECS": Important)."""


def is_in_ecr(image: str) -> bool:
    """Return whether `image` is in a private registry of ECR."""
    return ECR_IMAGE.fullmatch(image) is not None
