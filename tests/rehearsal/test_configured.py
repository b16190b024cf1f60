"""What a rehearsal makes in the account before the first deployment."""

from pathlib import Path

import pytest

from ecs_envoy.configuration import load_configuration
from rehearsal.account.existing import Existing, SubnetGroup
from rehearsal.configured import existing_resources, sidecars
from tests.ecs_envoy.configuration.test_configuration import GOOD

NAME = "aws-cdk:subnet-name"
PUBLIC = SubnetGroup(kind="public", tag=(NAME, "Public"))
PRIVATE = SubnetGroup(kind="private", tag=(NAME, "Private"))
ID = "vpc_id: vpc-0123456789abcdef0"
IDS = ("subnet-00000001", "subnet-00000002", "subnet-00000003")
KNOWN = (
    "vpc: {id: vpc-0123456789abcdef0, cidr: 10.0.0.0/16, availability_zones: [eu-west-1a, eu-west-1b], "
    f"subnets: [{{group: App, kind: private, ids: [{IDS[0]}, {IDS[1]}]}}]}}"
)


@pytest.mark.parametrize(
    ("keys", "groups", "zones"),
    [
        pytest.param(ID, {PUBLIC, PRIVATE}, "ab", id="nothing is named"),
        pytest.param(
            f"{ID}, subnets: {{proxy: {{group: App}}, load_balancer: {{group: Edge}}}}",
            {
                PUBLIC,
                PRIVATE,
                SubnetGroup(kind="private", tag=(NAME, "App")),
                SubnetGroup(kind="public", tag=(NAME, "Edge")),
            },
            "ab",
            id="groups",
        ),
        pytest.param(
            f"{ID}, subnets: {{services: {{ids: [{', '.join(IDS)}]}}}}",
            {PUBLIC, PRIVATE, SubnetGroup(kind="private", tag=(NAME, "services"), ids=IDS)},
            "abc",
            id="ids",
        ),
        pytest.param(
            f"{ID}, subnets: {{proxy: {{tags: {{Tier: app}}}}}}",
            {
                SubnetGroup(kind="public", tag=("Tier", "Public")),
                SubnetGroup(kind="private", tag=("Tier", "Private")),
                SubnetGroup(kind="private", tag=("Tier", "app")),
            },
            "ab",
            id="a tag",
        ),
        pytest.param(
            KNOWN, {SubnetGroup(kind="private", tag=(NAME, "App"), ids=IDS[:2])}, "ab", id="a known VPC"
        ),
    ],
)
def test_the_vpc_has_the_subnets_that_the_file_names(
    keys: str, groups: set[SubnetGroup], zones: str, tmp_path: Path
) -> None:
    path = tmp_path / "good.yaml"
    api = "api: {image: 'a.example/api:1', http_only: true}\n"
    path.write_text(f"{GOOD}network: {{{keys}}}\n{api if 'load_balancer' in keys else ''}")
    existing = existing_resources(load_configuration(path))
    assert set(existing.subnet_groups) == groups
    assert existing.zones == tuple(f"eu-west-1{zone}" for zone in zones)
    assert existing.vpc == "vpc-0123456789abcdef0"


def test_a_services_own_sidecars_are_named_so_that_nobody_runs_them(tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD + "    sidecars: {agent: {image: 'a.example/b:1'}}\n")
    assert sidecars(load_configuration(path)) == {"agent"}


def test_what_exists_reaches_the_emulator_by_its_command_line() -> None:
    existing = Existing(account="1", region="eu-west-1", vpc="vpc-1", subnet_groups=(PUBLIC,))
    assert Existing.from_json(existing.to_json()).subnet_groups == (
        SubnetGroup(kind="public", tag=(NAME, "Public")),
    )
