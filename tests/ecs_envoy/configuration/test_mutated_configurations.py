"""Files with random mistakes: each mistake gives a line with its place and what to give instead."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from ecs_envoy.configuration import ConfigurationError, load_configuration
from tests.conftest import ROOT

ODD = [
    "~", "[]", "{}", "[a, [b]]", "{a: {b: 1}}", "2020-01-01", "1e3", "0x10", "010", ".inf", ".nan",
    "=", "yes", "1:30", "-1", "0", "1.0", "99999999999999999999", '"\\0"', '"\\ud800"', '"\\u202e"',
    '"a\\nb"', "!env X", '!!int "5"', "&a x", "*a", "? x", '"${Token[TOKEN.1]}"', "true", "''",
    "ünï", "a: b", "- a", "@x", "[", "}", '"', "10.0.0.0/99", "99999999999s", "0s", "a//x/:1", ".",
    "-a", "{address}", "65535", "9901", "eu-west-9", "lessons", "<<: {a: b}", "\t", "# x",
]  # fmt: skip

Mutation = Callable[[random.Random, list[str]], None]


def replace_a_value(chance: random.Random, lines: list[str]) -> None:
    """Replace the value of a key, with all that is below it."""
    at = chance.choice([number for number, line in enumerate(lines) if ":" in line])
    key = lines[at].partition(":")[0]
    below = at + 1
    indentation = len(key) - len(key.lstrip())
    while below < len(lines) and len(lines[below]) - len(lines[below].lstrip()) > indentation:
        below += 1
    lines[at:below] = [f"{key}: {chance.choice(ODD)}"]


def add_a_value(chance: random.Random, lines: list[str]) -> None:
    key = chance.choice(lines).partition(":")[0].strip(" -#") or "key"
    lines.insert(chance.randrange(len(lines)), f"{' ' * chance.choice([0, 2, 4])}{key}: {chance.choice(ODD)}")


def remove_a_line(chance: random.Random, lines: list[str]) -> None:
    del lines[chance.randrange(len(lines))]


def copy_a_line(chance: random.Random, lines: list[str]) -> None:
    lines.insert(chance.randrange(len(lines)), chance.choice(lines))


def indent_a_line(chance: random.Random, lines: list[str]) -> None:
    at = chance.randrange(len(lines))
    lines[at] = " " * chance.randrange(8) + lines[at].lstrip()


def change_a_character(chance: random.Random, lines: list[str]) -> None:
    at = chance.choice([number for number, line in enumerate(lines) if line])
    middle = chance.randrange(len(lines[at]))
    lines[at] = lines[at][:middle] + chr(chance.randrange(256)) + lines[at][middle + 1 :]


MUTATIONS: list[Mutation] = [
    replace_a_value,
    replace_a_value,
    add_a_value,
    remove_a_line,
    copy_a_line,
    indent_a_line,
    change_a_character,
]


FILES = [*sorted((ROOT / "config").glob("*.yaml")), Path(__file__).parent / "two_proxies.yaml"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_fails_with_a_place_and_what_to_give_for_each_mistake(file: Path, tmp_path: Path) -> None:
    chance = random.Random(f"1 {file.name}")
    path = tmp_path / "mutant.yaml"
    refused = 0
    for _ in range(150):
        lines = file.read_text().splitlines()
        for _ in range(chance.choice([1, 1, 2, 4])):
            chance.choice(MUTATIONS)(chance, lines)
        path.write_text("\n".join(lines) + "\n")
        try:
            load_configuration(path)
        except ConfigurationError as error:
            refused += 1
            for line in str(error).splitlines():
                assert line.startswith(str(path))
                assert "; " in line
                assert line.isprintable()
    assert refused > 75
