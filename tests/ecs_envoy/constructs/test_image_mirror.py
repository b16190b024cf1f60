"""Where public images come from: Docker Hub and ECR Public, or their copies in a private registry of ECR."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Duration, Environment, Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Annotations, Match, Template

from ecs_envoy import Datadog, Network, Telemetry
from ecs_envoy.configuration import load_configuration
from ecs_envoy.settings.image_mirror import mirrored
from tests.ecs_envoy.configuration.test_configuration import GOOD, problems
from tests.ecs_envoy.constructs.factories import grpc_service, proxy_with

MIRROR = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
IMPORT = "ecr:BatchImportUpstreamImage"


@pytest.mark.parametrize(
    ("image", "copy"),
    [
        pytest.param(
            "docker.io/envoyproxy/envoy:v1.40.0", "docker-hub/envoyproxy/envoy:v1.40.0", id="Docker Hub"
        ),
        pytest.param("envoyproxy/envoy:v1.40.0", "docker-hub/envoyproxy/envoy:v1.40.0", id="without a host"),
        pytest.param("busybox:1.37.0", "docker-hub/library/busybox:1.37.0", id="official image"),
        pytest.param(
            "docker.io/busybox:1.37.0", "docker-hub/library/busybox:1.37.0", id="official image with a host"
        ),
        pytest.param(
            "index.docker.io/envoyproxy/envoy:v1.40.0",
            "docker-hub/envoyproxy/envoy:v1.40.0",
            id="Docker Hub's old name",
        ),
        pytest.param(
            "public.ecr.aws/docker/library/busybox:1.37.0",
            "ecr-public/docker/library/busybox:1.37.0",
            id="ECR Public",
        ),
    ],
)
def test_public_images_have_a_copy_in_the_mirror(image: str, copy: str) -> None:
    assert mirrored(image, MIRROR) == f"{MIRROR}/{copy}"
    assert mirrored(image, None) == image


@pytest.mark.parametrize(
    "image", ["111122223333.dkr.ecr.eu-west-1.amazonaws.com/own:1", "ghcr.io/team/envoy:v1.40.0"]
)
def test_other_images_stay_where_they_are(image: str) -> None:
    assert mirrored(image, MIRROR) == image


def everything(mirror: str | None) -> Template:
    """Return the template of `stack_with_everything`."""
    return Template.from_stack(stack_with_everything(mirror))


def stack_with_everything(mirror: str | None) -> Stack:
    """Return a stack with a proxy and a service with every container that we can add."""
    stack = Stack(App(), "all", env=Environment(account="111122223333", region="eu-west-1"))
    network = Network(stack, "Network", namespace_name="test.local")
    key = secretsmanager.Secret.from_secret_name_v2(stack, "Key", "datadog/api-key")
    datadog = Datadog(api_key_secret=key, site="datadoghq.eu", env="dev", access_log=True)
    service = grpc_service(
        stack,
        network,
        memory_limit_mib=1024,
        datadog=datadog,
        pre_stop_wait=Duration.seconds(90),
        image_mirror=mirror,
    )
    proxy_with(
        stack,
        network,
        service,
        cpu=512,
        memory_limit_mib=1024,
        telemetry=Telemetry(datadog=datadog, cloudwatch=True),
        image_mirror=mirror,
    )
    return stack


def images(template: Template) -> set[str]:
    definitions = template.find_resources("AWS::ECS::TaskDefinition").values()
    containers = [c for d in definitions for c in d["Properties"]["ContainerDefinitions"]]
    return {re.sub(r"\$\{AWS::\w+\}", "", json.dumps(c["Image"])) for c in containers}


def test_one_key_moves_every_public_image_to_the_mirror() -> None:
    before, after = images(everything(None)), images(everything(MIRROR))
    public = [image for image in before if "public.ecr.aws" in image or "docker.io" in image]
    assert len(public) == 5  # Envoy, collector, BusyBox, Datadog's agent and log router
    assert not [image for image in after if "public.ecr.aws" in image or "docker.io" in image]


def test_a_mirror_brings_no_warning_of_missing_rights_because_we_grant_them() -> None:
    warnings = Annotations.from_stack(stack_with_everything(MIRROR)).find_warning(
        "*", Match.string_like_regexp("Proper policies need to be attached")
    )
    assert not [warning.id for warning in warnings]


def test_users_are_still_warned_of_their_own_image_without_rights() -> None:
    stack = Stack(App(), "own", env=Environment(account="111122223333", region="eu-west-1"))
    network = Network(stack, "Network", namespace_name="test.local")
    image = ecs.ContainerImage.from_registry(f"{MIRROR}/own:1")
    grpc_service(stack, network, image=image, pre_stop_wait=Duration.seconds(90), image_mirror=MIRROR)
    (warning,) = Annotations.from_stack(stack).find_warning(
        "*", Match.string_like_regexp("Proper policies need to be attached")
    )
    assert "PreStop" not in warning.id


def statements(template: Template) -> list[dict[str, Any]]:
    policies = template.find_resources("AWS::IAM::Policy").values()
    return [s for policy in policies for s in policy["Properties"]["PolicyDocument"]["Statement"]]


def test_execution_roles_may_import_the_copies_that_their_task_pulls_and_no_others() -> None:
    assert IMPORT not in json.dumps(statements(everything(None)))
    granted = [s["Resource"] for s in statements(everything(MIRROR)) if IMPORT in s["Action"]]
    arn = "arn:aws:ecr:eu-west-1:111122223333:repository"
    busybox, agent = f"{arn}/ecr-public/docker/library/busybox", f"{arn}/ecr-public/datadog/agent"
    assert sorted(map(sorted, granted)) == [
        [
            f"{arn}/docker-hub/envoyproxy/envoy",
            f"{arn}/ecr-public/aws-observability/aws-for-fluent-bit",
            f"{arn}/ecr-public/aws-observability/aws-otel-collector",
            agent,
        ],
        [agent, busybox],
    ]


def test_fails_for_a_mirror_that_is_not_in_ecr(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, GOOD + "image_mirror: registry.example.com\n")
    assert "image_mirror: 'registry.example.com' is not a private registry in ECR; give its host name" in line


@pytest.mark.parametrize(
    ("mirror", "problem"),
    [
        pytest.param(
            "111122223333.dkr.ecr.eu-wset-1.amazonaws.com",
            "'eu-wset-1' is not an AWS region; give its code, such as eu-west-1",
            id="misspelt region",
        ),
        pytest.param(
            "111122223333.dkr.ecr.eu-west-1.amazonaws.com.cn",
            "'111122223333.dkr.ecr.eu-west-1.amazonaws.com.cn' does not end in amazonaws.com, as in "
            "eu-west-1; give 111122223333.dkr.ecr.eu-west-1.amazonaws.com",
            id="end of another partition",
        ),
        pytest.param(
            "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn",
            "is a registry in the partition aws-cn, and eu-west-1 is in aws; give one in aws",
            id="another partition",
        ),
    ],
)
def test_fails_for_a_mirror_that_no_task_can_pull_from(tmp_path: Path, mirror: str, problem: str) -> None:
    (line,) = problems(tmp_path, GOOD + f"image_mirror: {mirror}\n")
    assert f"image_mirror: {problem}" in line


def test_a_mirror_may_be_in_another_region_or_account(tmp_path: Path) -> None:
    mirror = "999922223333.dkr.ecr.us-east-1.amazonaws.com"
    file = tmp_path / "good.yaml"
    file.write_text(GOOD + f"image_mirror: {mirror}\n")
    assert load_configuration(file).image_mirror == mirror


def test_nothing_warns_of_rights_that_the_execution_roles_have() -> None:
    stack = Stack(App(), "quiet", env=Environment(account="111122223333", region="eu-west-1"))
    network = Network(stack, "Network", namespace_name="test.local")
    service = grpc_service(stack, network, pre_stop_wait=Duration.seconds(90), image_mirror=MIRROR)
    proxy_with(stack, network, service, image_mirror=MIRROR)
    warnings = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("ECR repository"))
    assert [warning.id for warning in warnings] == []
