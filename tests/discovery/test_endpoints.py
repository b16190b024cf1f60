import json
import resource
from pathlib import Path
from typing import Any

import pytest

from discovery.endpoints import Endpoint, convert
from discovery.endpoints_file import FILE, EndpointsFile
from discovery.xds.assignments import Assignments
from discovery.zones.weights import Balance
from envoy_config.eds import FILE as READ_BY_ENVOY

A, B = Endpoint("eu-west-1a", "10.0.0.1", 50051), Endpoint("eu-west-1b", "10.0.1.1", 50051)


def instance(**attributes: str) -> dict[str, Any]:
    return {"InstanceId": "i", "Attributes": attributes}


@pytest.mark.parametrize(
    ("attributes", "endpoint"),
    [
        pytest.param(
            {"AWS_INSTANCE_IPV4": "10.0.0.1", "AVAILABILITY_ZONE": "eu-west-1a"}, A, id="as ECS registers it"
        ),
        pytest.param({"AWS_INSTANCE_IPV4": "10.0.0.1"}, Endpoint("", "10.0.0.1", 50051), id="no zone"),
        pytest.param(
            {"AWS_INSTANCE_IPV4": "10.0.0.1", "AWS_INSTANCE_PORT": "9000"},
            Endpoint("", "10.0.0.1", 9000),
            id="its own port",
        ),
        pytest.param({"AWS_INSTANCE_IPV6": "fd00::0001"}, Endpoint("", "fd00::1", 50051), id="IPv6"),
        pytest.param(
            {"AWS_INSTANCE_IPV4": "10.0.0.1", "AWS_INSTANCE_IPV6": "fd00::1"},
            Endpoint("", "10.0.0.1", 50051),
            id="both, because tasks of an ECS service listen on IPv4",
        ),
        pytest.param(
            {"AWS_INSTANCE_IPV4": "10.0.0.1", "version": "v2", "weight": "3"},
            Endpoint("", "10.0.0.1", 50051, "v2", 3),
            id="a version and a weight, as somebody registers them",
        ),
        pytest.param(
            {"AWS_INSTANCE_IPV4": "10.0.0.1", "weight": "0"},
            Endpoint("", "10.0.0.1", 50051),
            id="a weight that Envoy does not take",
        ),
        pytest.param(
            {"AWS_INSTANCE_IPV4": "10.0.0.1", "weight": "heavy"},
            Endpoint("", "10.0.0.1", 50051),
            id="a weight that is no number",
        ),
        pytest.param({"AWS_ALIAS_DNS_NAME": "lb.example.com"}, None, id="an alias"),
        pytest.param({"AWS_INSTANCE_CNAME": "example.com"}, None, id="a CNAME"),
        pytest.param({}, None, id="nothing"),
        pytest.param({"AWS_INSTANCE_IPV6": "fe80::1%eth0"}, None, id="an address with an interface"),
        pytest.param({"AWS_INSTANCE_IPV4": "10.0.0.300"}, None, id="not an address"),
        pytest.param({"AWS_INSTANCE_IPV4": "0.0.0.0"}, None, id="the address 0.0.0.0"),
        pytest.param({"AWS_INSTANCE_IPV4": "10.0.0.1", "AWS_INSTANCE_PORT": "0"}, None, id="not a port"),
        pytest.param(
            {"AWS_INSTANCE_IPV4": "10.0.0.1", "AWS_INSTANCE_PORT": "http"}, None, id="a port's name"
        ),
    ],
)
def test_an_instance_with_an_address_is_an_endpoint(
    attributes: dict[str, str], endpoint: Endpoint | None
) -> None:
    converted = convert([instance(**attributes)], 50051)
    assert converted.endpoints == ((endpoint,) if endpoint else ())
    assert converted.skipped == (0 if endpoint else 1)


def test_an_instance_without_attributes_is_skipped_and_a_duplicate_counts_once() -> None:
    one = instance(AWS_INSTANCE_IPV4="10.0.0.1")
    converted = convert([{"InstanceId": "i"}, {"Attributes": 3}, one, one], 50051)
    assert (len(converted.endpoints), converted.skipped) == (1, 2)


@pytest.fixture
def file(tmp_path: Path) -> EndpointsFile:
    return EndpointsFile(tmp_path, "lessons")


def test_written_endpoints_can_be_read_and_no_other_file_is_left(file: EndpointsFile) -> None:
    assert file.write([B, A], None)
    assert file.read() == (A, B)
    assert [path.name for path in file.path.parent.iterdir()] == [FILE]
    assert FILE == READ_BY_ENVOY


def test_the_same_endpoints_give_the_same_bytes_and_no_second_file(file: EndpointsFile) -> None:
    assert file.write([A, B], None)
    before, number = file.path.read_bytes(), file.path.stat().st_ino
    assert not file.write([B, A], None)
    assert (file.path.read_bytes(), file.path.stat().st_ino) == (before, number)


def test_an_initial_file_has_no_endpoints_and_replaces_no_file(file: EndpointsFile) -> None:
    file.begin()
    assert json.loads(file.path.read_text())["resources"] == []
    assert file.read() is None
    file.write([A], None)
    file.begin()
    assert file.read() == (A,)


def test_a_balance_weighs_zones_and_marks_the_zone_that_retries_avoid(file: EndpointsFile) -> None:
    file.write([A, B], Balance({"eu-west-1a": 975, "eu-west-1b": 25}, "eu-west-1a"))
    (assignment,) = json.loads(file.path.read_text())["resources"]
    near, far = assignment["endpoints"]
    assert (near["load_balancing_weight"], far["load_balancing_weight"]) == (975, 25)
    assert near["lb_endpoints"][0]["metadata"] == {"filter_metadata": {"envoy.lb": {"own_zone": True}}}
    assert "metadata" not in far["lb_endpoints"][0]
    assert assignment["policy"] == {"overprovisioning_factor": 100}
    assert file.read() == (A, B)


def test_an_empty_list_of_endpoints_differs_from_no_list(file: EndpointsFile) -> None:
    file.write([], None)
    assert file.read() == ()


@pytest.mark.parametrize(
    "left", ["", "{", "null", "[]", '{"resources":[{}]}', '{"resources":[{"endpoints":[3]}]}']
)
def test_a_file_that_the_sidecar_did_not_write_is_ignored(file: EndpointsFile, left: str) -> None:
    file.path.parent.mkdir()
    file.path.write_text(left)
    assert file.read() in (None, ())
    assert file.write([A], None)
    assert file.read() == (A,)


def test_a_crash_between_write_and_rename_leaves_the_old_file_unchanged(file: EndpointsFile) -> None:
    file.write([A], None)
    (file.path.parent / f".{FILE}.new").write_text('{"version_info":"x","resou')
    again = EndpointsFile(file.path.parents[1], "lessons")
    assert again.read() == (A,)
    again.write([A, B], None)
    assert again.read() == (A, B)
    assert [path.name for path in file.path.parent.iterdir()] == [FILE]


def test_a_full_disk_leaves_the_old_file_unchanged_and_the_next_write_works(file: EndpointsFile) -> None:
    # A limit on file sizes stands for a full disk: it also stops the write in the middle.
    file.write([A], None)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            file.write([A, B], None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert file.read() == (A,)
    assert [path.name for path in file.path.parent.iterdir()] == [FILE]
    assert file.write([A, B], None)


def test_fails_on_a_read_only_file_system() -> None:
    # The kernel's own file system: even root may not create a file there.
    with pytest.raises(OSError, match=r"Read-only|not permitted|denied"):
        EndpointsFile(Path("/sys"), "lessons").write([A], None)


def test_versions_weights_and_the_checked_port_are_in_the_file_and_in_the_stream(tmp_path: Path) -> None:
    published: list[dict[str, Any]] = []
    file = EndpointsFile(
        tmp_path,
        "lessons",
        lambda _name, assignment: published.append(dict(assignment)),
        health_check_port=9000,
    )
    one = Endpoint("z", "10.0.0.1", 50051, "v2", 3)
    file.write([one], Balance({"z": 1000}, "z"))
    (resource,) = json.loads(file.path.read_text())["resources"]
    assert [resource] == published
    (locality,) = resource["endpoints"]
    assert locality["lb_endpoints"] == [
        {
            "endpoint": {
                "address": {"socket_address": {"address": "10.0.0.1", "port_value": 50051}},
                "health_check_config": {"port_value": 9000},
            },
            "metadata": {"filter_metadata": {"envoy.lb": {"own_zone": True, "version": "v2"}}},
            "load_balancing_weight": 3,
        }
    ]
    assert file.read() == (one,)
    Assignments().put("lessons", resource)  # it refuses a field that its messages do not have
