"""cdk-nag over every stack, where the context asks for it, and what we accept of its findings.

`ecs-envoy diff` asks for it, so that a pull request shows the findings that are new. `cdk synth` does not,
because cdk-nag takes a second (measured: 0.6 s to load it, 0.3 s to run it).
"""

from aws_cdk import Acknowledgment, App, Validations

CONTEXT_KEY = "ecs-envoy:nag"
"""`true` runs cdk-nag; `if-installed` does so only where it is installed."""

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
        "/Events/Queue",
        f"{NAG}SQS3",
        "An event is worth nothing after a minute, and a sidecar deletes what it cannot read.",
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


class NoNagError(ValueError):
    """cdk-nag is asked for and not installed, or the context key has another value."""


def add_nag(app: App) -> None:
    """Let cdk-nag's AwsSolutions look at the stacks of `app`, if its context asks for it.

    Raises:
        NoNagError: It is not installed, or the value of the context key means nothing.

    """
    wanted = app.node.try_get_context(CONTEXT_KEY)
    if wanted in (None, False, "false"):
        return
    if wanted not in (True, "true", "if-installed"):
        raise NoNagError(f"context key {CONTEXT_KEY}: {wanted!r} means nothing; give true or if-installed")
    try:
        from cdk_nag import AwsSolutionsChecks
    except ImportError:
        if wanted == "if-installed":
            return
        cure = "pip install 'ecs-envoy[review]'"
        raise NoNagError(f"context key {CONTEXT_KEY}: cdk-nag is not installed; {cure}") from None
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    for construct in app.node.find_all():
        for path, finding, reason in ACCEPTED:
            if f"/{construct.node.path}".endswith(path):
                Validations.of(construct).acknowledge(Acknowledgment(id=finding, reason=reason))
