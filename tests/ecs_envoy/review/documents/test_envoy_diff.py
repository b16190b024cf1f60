"""What a comparison of bootstraps says beside its rules: diffs, names, and nothing where nothing differs."""

import json
from pathlib import Path
from typing import Any

import pytest

from ecs_envoy.review.documents.envoy.comparing import bootstrap_difference
from tests.conftest import ROOT
from tests.ecs_envoy.review.documents.bootstraps import (
    Change,
    bootstrap,
    both,
    hosts,
    of_cluster,
)


def test_what_no_rule_words_is_a_diff_of_that_resource_alone() -> None:
    found = bootstrap_difference(
        bootstrap(), bootstrap(of_cluster(alt_stat_name="other", connect_timeout="2s"))
    )
    assert found.lines == ("`lessons`: connect timeout `1s` → `2s`",)
    assert found.diff == "@@ cluster lessons @@\n+alt_stat_name: other"


def test_a_diff_that_is_alike_everywhere_is_shown_once() -> None:
    change = both(
        lambda found: found["circuit_breakers"].update(per_host_thresholds=[{"max_connections": 9}])
    )
    found = bootstrap_difference(bootstrap(), bootstrap(change))
    assert found.diff.count("@@ every service @@") == 1
    assert "+    - max_connections: 9" in found.diff


def by(ads: bool) -> Change:
    """Let the sidecar give both services' endpoints by a stream, or by a file for each."""

    def change(found: dict[str, Any]) -> None:
        path = f"/endpoints/{found['name']}/endpoints.json"
        files = {"path_config_source": {"path": path, "watched_directory": {"path": "/endpoints"}}}
        source: dict[str, object] = {"ads": {}} if ads else {**files}
        found.pop("load_assignment")
        found.update(type="EDS", eds_cluster_config={"eds_config": {**source, "resource_api_version": "V3"}})

    return both(change)


@pytest.mark.parametrize(
    ("before", "words"),
    [(False, "by a stream instead of in files"), (True, "in files instead of by a stream")],
)
def test_endpoints_by_a_stream_instead_of_files_are_one_line(before: bool, words: str) -> None:
    found = bootstrap_difference(bootstrap(by(before)), bootstrap(by(not before)))
    assert found.lines == (f"every service: endpoints come {words}",)
    assert found.diff == ""


def test_a_line_about_many_names_counts_them() -> None:
    def routes(timeout: str) -> Change:
        return lambda values: hosts(values)[0].update(
            routes=[
                {"match": {"path": f"/a.B/M{n}"}, "route": {"cluster": "lessons", "timeout": timeout}}
                for n in range(30)
            ]
            + [{"match": {"prefix": "/"}, "route": {"cluster": "lessons"}}]
        )

    (line,) = bootstrap_difference(bootstrap(routes("3s")), bootstrap(routes("1s"))).lines
    assert line.startswith("`lessons / M0`, ")
    assert line.endswith(" and 22 more: timeout `3s` → `1s`")


SAME: dict[str, Change] = {
    "clusters": lambda v: v["static_resources"]["clusters"].reverse(),
    "virtual hosts": lambda v: hosts(v).reverse(),
    "routes that match different calls": lambda v: hosts(v)[0]["routes"].insert(
        1, hosts(v)[0]["routes"].pop(2)
    ),
    "the form of a duration": of_cluster(connect_timeout="1.000s"),
    "the form of a number": lambda v: v["overload_manager"]["resource_monitors"][0]["typed_config"].update(
        max_heap_size_bytes=157286400
    ),
    "the form of a field's name": lambda v: v.update(overloadManager=v.pop("overload_manager")),
}


@pytest.mark.parametrize("case", SAME)
def test_order_and_form_do_not_show(case: str) -> None:
    found = bootstrap_difference(bootstrap(), bootstrap(SAME[case]))
    assert (found.lines, found.diff) == ((), "")


SNAPSHOTS = ROOT / "tests/envoy_config/snapshots"


@pytest.mark.parametrize("snapshot", sorted(SNAPSHOTS.glob("*.json")), ids=lambda path: path.stem)
def test_whatever_our_settings_change_has_words(snapshot: Path) -> None:
    found = bootstrap_difference(
        *map(json.loads, ((SNAPSHOTS / "two-services.json").read_text(), snapshot.read_text()))
    )
    assert found.diff == ""
