"""Settings refuse values that Envoy would refuse, and say what to give instead."""

from datetime import timedelta
from typing import Any

import pytest

from envoy_config import AccessLog, SettingsError, Tracing, Upstream


@pytest.mark.parametrize("percent", [-0.1, 140])
@pytest.mark.parametrize("kind", [AccessLog, Tracing])
def test_fails_on_a_sample_that_is_out_of_range(
    kind: type[AccessLog] | type[Tracing], percent: float
) -> None:
    with pytest.raises(SettingsError) as error:
        kind(sample_percent=percent)
    assert str(error.value) == f"sample_percent: {percent} is not a percentage; give a number from 0 to 100"


def test_fails_if_every_call_would_be_slow() -> None:
    with pytest.raises(
        SettingsError, match="slower_than: 0s is not a time for a call; give a time from 1ms to"
    ):
        AccessLog(slower_than=timedelta(0))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param(
            {"grpc_services": ["learning/v1"]}, "grpc_services[0]: 'learning/v1' is not a proto service", id="name"
        ),
        pytest.param(
            {"grpc_services": "t.v1.A"}, "grpc_services: 't.v1.A' is not a list; give one, such as ['t.v1.A']", id="list"
        ),
        pytest.param({"port": 70000}, "port: 70000 is not a port; give a number from 1 to 65535", id="port"),
        pytest.param({"port": True}, "port: true is not a port; give a number from 1 to 65535", id="flag"),
        pytest.param({"prot": 1}, "prot: unknown key; did you mean port?", id="unknown"),
    ],
)  # fmt: skip
def test_fails_on_a_setting_with_its_name_and_what_to_give(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as error:
        Upstream(**settings)
    assert str(error.value).startswith(message)


def test_fails_with_all_mistakes_in_settings_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        Upstream(port=0, grpc_services=["a/b"], hosts="a")  # pyright: ignore[reportArgumentType]
    assert [path for path, _ in error.value.problems] == [("port",), ("grpc_services", 0), ("hosts",)]


def test_a_part_of_settings_keeps_the_given_values() -> None:
    class Wider(Upstream):
        more: int = 1

    part = Wider(port=50052, more=2).part(Upstream)
    assert part == Upstream(port=50052)
    assert part.model_fields_set == {"port"}
