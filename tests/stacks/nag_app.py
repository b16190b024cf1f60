"""app.py under cdk-nag's AwsSolutions, each finding that we accept with its reason."""

import sys
from pathlib import Path

from app import deploy
from aws_cdk import App, Stack, Validations
from cdk_nag import AwsSolutionsChecks
from ecs_envoy.configuration import load_configuration

ACCEPTED = {
    "AwsSolutions-ECS2": "The variables come from the configuration file, which a reviewer reads; "
    "what is secret goes to `secrets`.",
    "AwsSolutions-EC23": "The API is public: its ALB listens to the internet, on HTTPS and a redirect to it.",
    "AwsSolutions-S1": "This bucket is the ALB's access log; a log of reads of the log has no reader.",
    "AwsSolutions-IAM5": "ecr:GetAuthorizationToken knows no resource, and Custom::VpcRestrictDefaultSG's "
    "Lambda is the CDK's own.",
}


def main() -> None:
    app = App()
    deploy(app, load_configuration(Path(sys.argv[1])))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    for stack in app.node.children:
        if isinstance(stack, Stack):
            for rule, reason in ACCEPTED.items():
                Validations.of(stack).acknowledge(id=rule, reason=reason)
    app.synth()


main()
