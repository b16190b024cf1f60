"""Every key that a file accepts stands in a sample file, in the schema and on the reference page."""

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ecs_envoy.configuration import load_configuration
from tests.conftest import ROOT
from tests.ecs_envoy.configuration.keys.every_key import FILES, KEYS, PLACES, SCHEMA, SampleFile

PAGE = (ROOT / "docs/configuration.md").read_text()
ROWS = {
    f"{heading.strip('`')}.{row}".removeprefix("The file.")
    for heading, rest in re.findall(r"^## (.*?)$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    for row in re.findall(r"^\| `([^`]+)` \|", rest, re.MULTILINE)
}


def test_every_key_stands_on_the_reference_page_and_no_other() -> None:
    # The keys of a block that may also be a list of such blocks stand there once.
    assert {key.replace(".canary[].", ".canary.") for key in KEYS} == ROWS


def test_every_key_stands_in_a_sample_file() -> None:
    """Otherwise the other tests of keys would leave it out."""
    assert PLACES.keys() == KEYS.keys()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path.stem)
def test_each_sample_file_is_good_for_the_loader_and_the_schema(file: SampleFile) -> None:
    schema: Any = Draft202012Validator(SCHEMA)
    load_configuration(file.path)
    assert not list(schema.iter_errors(file.document.values))
