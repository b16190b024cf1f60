"""Every key that a file accepts refuses bad values, by file and key: the loader and the schema alike."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ecs_envoy.configuration import ConfigurationError, load_configuration
from ecs_envoy.configuration.checks import check
from envoy_config.settings_error import KeyPath, dotted
from tests.ecs_envoy.configuration.keys.bad_values import bad_values
from tests.ecs_envoy.configuration.keys.every_key import KEYS, PLACES, SCHEMA


def refused(values: dict[str, Any], path: KeyPath, folder: Path) -> list[str]:
    """Return what is wrong at `path`, as the loader says it behind the file, the line and the key."""
    file = folder / "changed.yaml"
    file.write_text(json.dumps(values))  # which is YAML, too
    with pytest.raises(ConfigurationError) as error:
        load_configuration(file)
    start = f"{file}:1: {dotted(path)}: "
    return [line.removeprefix(start) for line in str(error.value).splitlines() if line.startswith(start)]


@pytest.mark.parametrize("key", KEYS)
def test_fails_with_file_and_key_on_each_bad_value(key: str, tmp_path: Path) -> None:
    place = PLACES[key]
    schema: Any = Draft202012Validator({**KEYS[key], "$defs": SCHEMA["$defs"]})
    tried = 0
    for bad in bad_values(KEYS[key]):
        values = place.file.changed({place.path: bad.value})
        path = (*place.path, *bad.below)
        (message, *_) = [message for found, message in check(values)[1] if found == path] or [""]
        assert "; " in message, (bad.what, message)
        assert bad.is_time or not schema.is_valid(bad.value), bad.what
        if not tried:  # to read a file takes ten times as long as to check it
            assert refused(values, path, tmp_path) == [message]
        tried += 1
    assert tried


@pytest.mark.parametrize("key", KEYS)
def test_fails_with_file_and_key_on_an_unknown_key_beside_it(key: str, tmp_path: Path) -> None:
    place = PLACES[key]
    path = (*place.path[:-1], "no-such-key")
    (message,) = refused(place.file.changed({path: "a"}), path, tmp_path)
    assert message.startswith("unknown key; ")


@pytest.mark.parametrize("key", [key for key, schema in KEYS.items() if schema["x-needed"]])
def test_fails_with_file_and_key_without_a_key_that_is_needed(key: str, tmp_path: Path) -> None:
    place = PLACES[key]
    values = place.file.changed({})
    block: Any = values
    for part in place.path[:-1]:
        block = block[part]
    del block[place.path[-1]]
    assert refused(values, place.path, tmp_path) == [f"missing; give {KEYS[key]['description']}"]
