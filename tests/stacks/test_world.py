"""What a service in the world has: the keys that no sample uses, together in tests/stacks/world.yaml."""

import json
import subprocess

from tests.conftest import BIN, Assembly


def test_cfn_lint_finds_nothing_in_what_the_world_has(assembly_of: Assembly) -> None:
    templates = sorted(map(str, assembly_of("world").glob("*.template.json")))
    done = subprocess.run([BIN / "cfn-lint", *templates], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_cdk_nag_finds_nothing_in_what_the_world_has_that_is_not_accepted(assembly_of: Assembly) -> None:
    report = json.loads((assembly_of("world") / "validation-report.json").read_text())
    assert {plugin["conclusion"] for plugin in report["pluginReports"]} == {"success"}
