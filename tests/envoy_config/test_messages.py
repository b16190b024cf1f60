"""Our light messages write what those of `envoy-data-plane` do, which are generated from Envoy's API."""

import enum
import json
from typing import Any, cast

import pytest

from envoy_config import Proxy, Service
from envoy_config.bootstrap import bootstrap
from envoy_config.messages import Cluster
from envoy_config.rendering import to_json
from tests.envoy_config.test_bootstrap import SITUATIONS
from tests.envoy_messages import TABLE, generated_classes, table


def test_the_table_of_messages_is_up_to_date() -> None:
    assert TABLE.read_text() == table(), "run make messages"


@pytest.mark.parametrize(("proxy", "services"), SITUATIONS)
def test_a_bootstrap_is_what_the_generated_messages_of_envoys_api_check_and_write(
    proxy: Proxy, services: list[Service]
) -> None:
    ours = bootstrap(proxy, services)
    theirs = generated(ours).to_dict(casing=str)
    # protobuf's JSON of an empty Any is {} (ProtoJSON, Any), and envoy-data-plane writes another one.
    assert to_json(ours) == json.dumps(theirs, separators=(",", ":")).replace('{"@type":""}', "{}")


def generated(value: Any) -> Any:  # noqa: ANN401
    """Return `value` with each message in it made with its generated class, whose pydantic checks it."""
    if isinstance(value, enum.Enum):
        return value.value[0]
    if isinstance(value, list):
        return [generated(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: generated(item) for key, item in cast("dict[str, Any]", value).items()}
    if not hasattr(value, "FIELDS"):
        return value
    fields = {name: generated(field) for name, field in cast("dict[str, Any]", vars(value)).items()}
    if value.TYPE == "google.protobuf.Any":
        kind = generated_classes()["Any"]
        return kind.pack(fields["message"]) if fields else kind()
    return generated_classes()[type(value).__name__](**fields)


def test_fails_with_the_name_of_a_field_that_a_message_does_not_have() -> None:
    with pytest.raises(TypeError, match=r"envoy\.config\.cluster\.v3\.Cluster has no field colour"):
        cast("Any", Cluster)(name="lessons", colour="red")
