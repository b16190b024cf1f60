"""The name that a client dials decides which service gets its calls."""

from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from tests.envoy_config.live_envoy.names.two_services import (
    HEALTH,
    PROTO,
    SHARED,
    ask,
    channel_by,
    proxied,
)
from tests.waiting import FOREVER

CLB = {
    "lessons": {"hosts": ["Lessons-internal.example.com"]},
    "grading": {"hosts": ["grading-internal.example.com"]},
}


@pytest.mark.parametrize(
    "authority",
    [
        pytest.param("lessons-internal.example.com", id="alone"),
        pytest.param("lessons-internal.example.com:50051", id="with its port"),
        pytest.param("lessons-internal.example.com:9", id="with any port"),
        pytest.param("LESSONS-Internal.Example.COM:50051", id="with capitals"),
        pytest.param("lessons-internal.example.com.:50051", id="with DNS's final dot"),
        pytest.param("lessons.grpc.learning.local:50051", id="the service's own name"),
    ],
)
def test_a_host_of_a_service_gets_it_the_calls_of_a_proto_service_that_two_implement(
    authority: str, tmp_path: Path, block: str
) -> None:
    with proxied(tmp_path, block, also=CLB) as live:
        answer, _, seen = ask(live, authority, SHARED).partition(" ")
        assert answer == "lessons"
        # Envoy leaves the port, as an L4 proxy does.
        assert seen == authority.replace(".:", ":")
        assert ask(live, "grading-internal.example.com:50051", SHARED).startswith("grading ")


@pytest.mark.parametrize(
    "authority",
    ["grpc.learning.local:50051", "10.0.0.1:50051", "x.lessons-internal.example.com", "localhost"],
)
def test_by_any_other_name_the_proto_service_decides(authority: str, tmp_path: Path, block: str) -> None:
    with proxied(tmp_path, block, also=CLB) as live:
        for name, proto_service in PROTO.items():
            assert ask(live, authority, proto_service).startswith(f"{name} ")
        with pytest.raises(grpc.RpcError) as error:
            ask(live, authority, SHARED)
    assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert error.value.details() == (
        f"Envoy proxy grpc has no route for /{SHARED}/Get by the name {authority}: no service of its "
        "configuration lists this proto service in grpc_services, or this name in hosts"
    )


def test_services_that_share_a_host_get_the_proto_services_that_they_list(tmp_path: Path, block: str) -> None:
    shared = "api-internal.example.com"
    with proxied(tmp_path, block, also={name: {"hosts": [shared]} for name in PROTO}) as live:
        for name, proto_service in PROTO.items():
            assert ask(live, f"{shared}:50051", proto_service).startswith(f"{name} ")
        with pytest.raises(grpc.RpcError):
            ask(live, shared, SHARED)
        assert ask(live, "grading.grpc.learning.local:50051", SHARED).startswith("grading ")


def test_a_service_with_hosts_needs_no_list_of_proto_services(tmp_path: Path, block: str) -> None:
    also = {"lessons": {**CLB["lessons"], "grpc_services": []}}
    with proxied(tmp_path, block, also=also) as live:
        assert ask(live, "lessons-internal.example.com:50051", PROTO["lessons"]).startswith("lessons ")
        with pytest.raises(grpc.RpcError):
            ask(live, "grpc.learning.local:50051", PROTO["lessons"])


def test_health_checks_and_reflection_of_each_service_work_by_its_own_name(
    tmp_path: Path, block: str
) -> None:
    with proxied(tmp_path, block) as live:
        for name, proto_service in PROTO.items():
            with channel_by(live, f"{name}.grpc.learning.local:50051") as channel:
                check: grpc.UnaryUnaryMultiCallable[bytes, health_pb2.HealthCheckResponse]
                check = channel.unary_unary(
                    "/grpc.health.v1.Health/Check",
                    response_deserializer=health_pb2.HealthCheckResponse.FromString,
                )
                status = check(b"", timeout=FOREVER).status
                listed = ProtoReflectionDescriptorDatabase(channel).get_services()
            assert status == HEALTH[name]
            assert proto_service in listed
            assert not set(PROTO.values()) - {proto_service} & set(listed)
