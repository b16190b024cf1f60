"""`python -m tests.stacks.synthesize FOLDER CONFIG...`: the stacks of app.py, under cdk-nag's AwsSolutions.

One process for every configuration: to start Node and to load the CDK takes ten times as long as to
synthesize one more. Each finding of cdk-nag that we accept is here with its reason.
"""

import sys
import traceback
from pathlib import Path

from aws_cdk import Acknowledgment, App, Validations
from cdk_nag import AwsSolutionsChecks

from app import define_stacks
from ecs_envoy.configuration import load_configuration

NAG = "AwsSolutions::AwsSolutions-"
ACCEPTED = [
    # The end of a construct's path, the finding, the reason.
    (
        "/TaskDefinition",
        f"{NAG}ECS2",
        "The variables are those of the configuration file, which a reviewer reads; secrets go to `secrets`.",
    ),
    (
        "/TaskDefinition",
        f"{NAG}ECS7",
        "Datadog's agent gets its log by a property override, unseen by nag; a test looks.",
    ),
    (
        "/ExecutionRole",
        f"{NAG}IAM5[Resource::*]",
        "ecr:GetAuthorizationToken is granted on no resource: IAM knows none for it.",
    ),
    (
        "/TaskRole/DefaultPolicy",
        f"{NAG}IAM5[Resource::*]",
        "Cloud Map's discovery is bound by condition keys; X-Ray's and Datadog's actions know no resource.",
    ),
    (
        "/TaskRole/DefaultPolicy",
        f"{NAG}IAM5[Resource::arn:aws:ecs:eu-west-1:111122223333:task/prod/*]",
        "DescribeTasks is for the tasks of one cluster, whose ids are known only while they run.",
    ),
    (
        "/LoadBalancer/SecurityGroup",
        f"{NAG}EC23",
        "The API is public: its ALB serves the internet by HTTPS, and redirects HTTP to it.",
    ),
    (
        "/Api/AccessLog",
        f"{NAG}S1",
        "The bucket is itself an access log, written by AWS alone; a log of its reads would need a log too.",
    ),
    (
        "/Network/Vpc",
        "CloudFormation-Validate::W3010",
        "The zones are the configuration's own, so that a template needs no look-up in the account.",
    ),
]


def main() -> None:
    """Synthesize each configuration into FOLDER, in a folder with the configuration's name.

    What ends one early is written to NAME.error, and the next one follows.
    """
    folder, *configs = map(Path, sys.argv[1:])
    for config in configs:
        try:
            _synthesize(config, folder / config.stem)
        except Exception:  # whatever it is: the tests of this configuration show it
            (folder / f"{config.stem}.error").write_text(traceback.format_exc())


def _synthesize(config: Path, out: Path) -> None:
    app = App(outdir=str(out))
    define_stacks(app, load_configuration(config))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    for construct in app.node.find_all():
        for path, finding, reason in ACCEPTED:
            if f"/{construct.node.path}".endswith(path):
                Validations.of(construct).acknowledge(Acknowledgment(id=finding, reason=reason))
    app.synth()


if __name__ == "__main__":
    main()
