"""Container images by name."""

from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from ecs_envoy.settings.ecr_image import ECR_IMAGE
from ecs_envoy.settings.regions import arn_partition


def container_image(
    scope: Construct, construct_id: str, image: str, *, credentials: str | None = None
) -> ecs.ContainerImage:
    """Return the image named `image`, which includes a tag or digest.

    If it is in a private ECR repository, the execution role gets the right to pull from that
    repository. Other images are pulled with the login in the secret `credentials`, an ARN, if there is one.
    """
    match = ECR_IMAGE.fullmatch(image)
    if match is None:
        secret = (
            secretsmanager.Secret.from_secret_complete_arn(scope, f"{construct_id}Credentials", credentials)
            if credentials
            else None
        )
        return ecs.ContainerImage.from_registry(image, credentials=secret)
    partition = arn_partition(match["region"])
    repository = ecr.Repository.from_repository_attributes(
        scope,
        construct_id,
        repository_arn=f"arn:{partition}:ecr:{match['region']}:{match['account']}:repository/{match['name']}",
        repository_name=match["name"],
    )
    return ecs.ContainerImage.from_ecr_repository(repository, match["digest"] or image.rpartition(":")[2])
