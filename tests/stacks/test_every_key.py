"""Every key that a configuration file accepts changes what is deployed, but for those that say why not.

A synthesis takes half a second, and there are 300 keys. So one run changes half of the keys of a file, and
each key is changed in other runs than any other key: what is deployed in just these runs, or in all but
these, is its effect. Every key is changed in as many runs as every other. So what needs one of two keys
stands in more runs, and what needs both in fewer, and neither is taken for the effect of a third key.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations, count
from math import comb
from pathlib import Path
from typing import Any, cast

import pytest
from aws_cdk import App

from app import define_stacks
from ecs_envoy.configuration import load_configuration
from envoy_config.settings_error import KeyPath
from tests.ecs_envoy.configuration.keys.every_key import FILES, KEYS, PLACES, SampleFile, is_block
from tests.ecs_envoy.constructs.world.test_subnets import VPC, looked_up

WITHOUT_EFFECT = {
    "api.domain.hosted_zone": "has to hold the name; templates have the zone's id, and the whole name",
    "production": "decides whether a policy may have faults",
    "fault_injection": "decides whether a policy may have faults in production",
    "network.vpc.availability_zones": "says in which zones the subnets are; templates name the subnets",
    "existing_services.<name>.namespace.type": "Cloud Map's API, which the sidecar asks, lists both types",
    "rehearsal.work": "only ecs-envoy rehearse reads it",
    "rehearsal.services.<name>.command": "only ecs-envoy rehearse reads it",
    "rehearsal.services.<name>.methods": "only ecs-envoy rehearse reads it",
}
"""Keys that change no template, each with the reason."""

TOGETHER: dict[str, Mapping[KeyPath, object]] = {
    "api.http_only": {("api", "certificate"): "arn:aws:acm:eu-west-1:111122223333:certificate/a"},
    "proxies.<name>.services": {("proxies", "online", "services"): ["lessons", "grading"]},
}
"""Keys that cannot change alone, each with what changes beside it."""

OTHER_VPC = VPC.removesuffix("0") + "1"
_FOUND = json.dumps(looked_up() | looked_up(tag="Tier"))
CONTEXT = {
    **json.loads(_FOUND),
    **json.loads(_FOUND.replace(VPC, OTHER_VPC).replace("subnet-0", "subnet-1")),
    "aws:cdk:disable-stack-trace": True,
}
"""The CDK CLI's answers about two VPCs."""

Deployed = dict[str, Any]
"""The template of each stack by the stack's name and environment."""


def facts(held: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each word in `held`, a part of a template, with its place."""
    if isinstance(held, dict):
        for key, value in cast("dict[str, object]", held).items():
            yield from facts(value, f"{path}.{key}")
    elif isinstance(held, list):
        for item in cast("list[object]", held):
            yield from facts(item, path)
    else:
        yield path, str(held)
        for word in re.findall(r"[\w./:-]+", str(held)):
            yield path, word


def deployed(file: SampleFile, keys: list[str], folder: Path) -> Deployed:
    """Return what `file` deploys if `keys` have their other values."""
    changes = {PLACES[key].path: PLACES[key].other for key in keys}
    for key in keys:
        changes.update(TOGETHER.get(key, {}))
    folder.mkdir()
    path = folder / "file.yaml"
    path.write_text(json.dumps(file.changed(changes)))  # which is YAML, too
    app = App(outdir=str(folder / "out"), analytics_reporting=False, tree_metadata=False, context=CONTEXT)
    define_stacks(app, load_configuration(path))
    return {f"{stack.stack_name} {stack.environment.name}": stack.template for stack in app.synth().stacks}


def without_effect(file: SampleFile, keys: list[str], folder: Path) -> Iterator[str]:
    """Yield those of `keys`, which stand in `file`, that do not change what is deployed."""
    # With an odd number, the runs that leave one key alone are never those that change another.
    runs = next(runs for runs in count(3, 2) if comb(runs, runs // 2) >= len(keys))
    changed_in = dict(zip(keys, map(frozenset, combinations(range(runs), runs // 2)), strict=False))
    seen_in: dict[tuple[str, str], set[int]] = defaultdict(set)
    for run in range(runs):
        changed = [key for key in keys if run in changed_in[key]]
        for fact in facts(deployed(file, changed, folder / str(run))):
            seen_in[fact].add(run)
    effects = set(map(frozenset, seen_in.values()))
    unclear = [key for key, own in changed_in.items() if not effects & {own, frozenset(range(runs)) - own}]
    unchanged = deployed(file, [], folder / "unchanged") if unclear else {}
    for number, key in enumerate(unclear):
        if deployed(file, [key], folder / f"alone-{number}") == unchanged:
            yield key


LEAVES = [key for key in KEYS if not is_block(key)]


def test_every_key_has_another_value_in_a_sample_file() -> None:
    """Give it in a file of tests/ecs_envoy/configuration/keys/files."""
    assert [key for key in LEAVES if PLACES[key].other is None] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path.stem)
def test_each_key_changes_what_is_deployed_unless_it_says_why_not(file: SampleFile, tmp_path: Path) -> None:
    keys = [key for key in LEAVES if PLACES[key].file is file]
    assert set(without_effect(file, keys, tmp_path)) == set(keys) & WITHOUT_EFFECT.keys()
