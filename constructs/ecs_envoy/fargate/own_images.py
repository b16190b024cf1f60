"""The public images that we add to tasks, or their copies in ECR."""

import functools

from aws_cdk import Annotations
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

from ecs_envoy.settings.image_mirror import mirrored
from ecs_envoy.settings.regions import arn_partition


class OwnImages:
    """The public images of one task definition.

    Args:
        mirror: A registry in ECR with copies of them, which a pull-through cache may make; None to pull
            them from where they are public.

    """

    def __init__(self, mirror: str | None) -> None:
        self._mirror = mirror
        self._copies: set[str] = set()

    def name(self, image: str) -> str:
        """Return where `image` comes from. It may have no tag."""
        name = mirrored(image, self._mirror)
        if name != image:
            self._copies.add(_repository(name))
        return name

    def image(self, image: str) -> ecs.ContainerImage:
        """Return `image` from where it comes from."""
        return _from_registry(self.name(image))

    def grant_pull(self, definition: ecs.TaskDefinition) -> None:
        """Let the execution role of `definition` pull the copies that were used, and no others.

        The first pull of a copy imports it ("IAM permissions required to sync an upstream registry with an
        Amazon ECR private registry").
        """
        if not self._mirror or not self._copies:
            return
        account, _, _, region, *_ = self._mirror.split(".")
        role = definition.obtain_execution_role()
        role.add_to_principal_policy(
            # The only action here that does not support resources.
            iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"])
        )
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:BatchImportUpstreamImage",
                    "ecr:CreateRepository",
                    "ecr:GetDownloadUrlForLayer",
                ],
                resources=[
                    f"arn:{arn_partition(region)}:ecr:{region}:{account}:repository/{name}"
                    for name in sorted(self._copies)
                ],
            )
        )
        for container in definition.node.children:
            if (
                isinstance(container, ecs.ContainerDefinition)
                and container.image_name.startswith(f"{self._mirror}/")
                and _repository(container.image_name) in self._copies
            ):
                Annotations.of(container).acknowledge_warning(
                    "@aws-cdk/aws-ecs:ecrImageRequiresPolicy", "granted above"
                )


@functools.cache  # most tasks have the same ones
def _from_registry(name: str) -> ecs.ContainerImage:
    return ecs.ContainerImage.from_registry(name)


def _repository(name: str) -> str:
    return name.partition("/")[2].partition("@")[0].partition(":")[0]
