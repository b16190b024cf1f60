"""What every resource of a configuration has."""

from aws_cdk import Tags
from aws_cdk import aws_iam as iam
from constructs import Construct

from ecs_envoy.configuration.model import Configuration


def mark_everything(app: Construct, configuration: Configuration) -> None:
    """Give every resource in `app` the tags of `configuration`, and every role its permissions boundary."""
    for key, value in sorted(configuration.tags.items()):
        Tags.of(app).add(key, value)
    if configuration.permissions_boundary:
        policy = iam.ManagedPolicy.from_managed_policy_arn(
            app, "PermissionsBoundary", configuration.permissions_boundary
        )
        iam.PermissionsBoundary.of(app).apply(policy)
