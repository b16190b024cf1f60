"""Which YAML is accepted as a configuration, before its values are checked."""

from pathlib import Path

import pytest

from ecs_envoy.configuration import ConfigurationError, Problem, load_configuration
from ecs_envoy.configuration.document import read_document

GOOD = """\
environment: dev
region: eu-west-1
account: "111122223333"
namespace:
  name: learning.local
services:
  lessons:
    image: example.com/lessons:1.0.0
"""


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "bad.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusals(path: Path) -> list[str]:
    """Return the lines that refuse the file at `path`, from the line's number on."""
    with pytest.raises(ConfigurationError) as error:
        load_configuration(path)
    return [line.removeprefix(str(path)) for line in str(error.value).splitlines()]


def values(folder: Path, text: str) -> dict[str, object]:
    return read_document(written(folder, text)).values


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + GOOD.encode(), id="byte order mark"),
        pytest.param(GOOD.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(GOOD + "...\n", id="document end"),
        pytest.param("%YAML 1.2\n---\n" + GOOD, id="directive"),
        pytest.param(GOOD.replace("dev", "&name dev"), id="an anchor that nothing uses"),
        pytest.param(GOOD + "# " + "x" * 200_000, id="a long comment"),
    ],
)
def test_accepts(content: str | bytes, tmp_path: Path) -> None:
    assert load_configuration(written(tmp_path, content)).environment == "dev"


def test_each_problem_has_one_line_whatever_it_quotes() -> None:
    problem = Problem(3, "services.a\nb", "holds \x1b[31m and \u202e; remove them")
    expected = r"x\n.yaml:3: services.a\nb: holds \x1b[31m and \u202e; remove them"
    assert str(ConfigurationError(Path("x\n.yaml"), [problem])) == expected


CURE = "is not supported; write the value itself, in quotes if it is text"
OPEN = (
    "not valid YAML: while parsing a flow node expected the node content, but found '<stream end>'; "
    "look for a missing quote, bracket or indentation"
)
TAB = (
    "not valid YAML: while scanning for the next token found character '\\t' that cannot start any token; "
    "indent with spaces"
)
COLON = (
    ":9: not valid YAML: mapping values are not allowed here; "
    "put a value in quotes if it has ': ' in it or ends in ':'"
)
EMPTY = ": empty; give the keys that config/schema.json describes"
NOT_MAPPING = ":1: is not a mapping; give 'key: value' lines, such as 'environment: dev'"


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        pytest.param("", [EMPTY], id="empty"),
        pytest.param("# nothing\n", [EMPTY], id="comment only"),
        pytest.param("---\n", [EMPTY], id="document start only"),
        pytest.param("- a\n", [NOT_MAPPING], id="list"),
        pytest.param("just words\n", [NOT_MAPPING], id="text"),
        pytest.param(b"\xff\xfe\x00\x01", [":1: is not text in UTF-8; save it as UTF-8"], id="binary"),
        pytest.param(
            GOOD.encode() + "# caf\u00e9\n".encode("latin-1"),
            [":9: is not text in UTF-8; save it as UTF-8"],
            id="Latin-1",
        ),
        pytest.param(GOOD + "a: \0\n", [":9: holds a NUL byte; remove it"], id="NUL byte"),
        pytest.param(
            GOOD + "a: \x07\n", [":9: holds the control character U+0007; remove it"], id="control character"
        ),
        pytest.param(GOOD + 'api: "a\\0"\n', [":9: api: holds a NUL byte; remove it"], id="NUL by an escape"),
        pytest.param(
            GOOD + 'api: "\\ud83d"\n',
            [":9: api: holds half of a character, U+D83D; write the whole character"],
            id="surrogate",
        ),
        pytest.param(
            GOOD + 'api: "\\UFFFFFFFF"\n',
            [":9: not valid YAML: a number is out of range; write the character itself"],
            id="no character",
        ),
        pytest.param(
            GOOD + "---\n" + GOOD,
            [":9: a second document starts here; give each document its own file"],
            id="two documents",
        ),
        pytest.param(
            GOOD + "api: arn:secret:password::\n",
            [COLON],
            id="a value that ends in a colon",
        ),
        pytest.param(
            GOOD + "? [a]\n: 1\n", [":9: a key is a list or a mapping; give a name"], id="a list as a key"
        ),
        pytest.param(
            GOOD + "region: eu-west-2\nregion: eu-west-3\n",
            [
                ":9: region: given twice, first on line 2; remove one of them",
                ":10: region: given twice, first on line 2; remove one of them",
            ],
            id="three times",
        ),
        pytest.param(
            GOOD + "\tapi: 1\n",
            [
                f":9: {TAB}"
            ],
            id="tab",
        ),
        pytest.param(
            GOOD + "api: [\n",
            [
                f":10: {OPEN}"
            ],
            id="bracket left open",
        ),
        pytest.param(
            GOOD + '"a\\nb\\e[31m": !x 1\n',
            [rf":9: a\nb\x1b[31m: the tag !x {CURE}"],
            id="key with a line break",
        ),
    ],
)  # fmt: skip
def test_fails_on_a_file_that_is_not_one_mapping(
    content: str | bytes, messages: list[str], tmp_path: Path
) -> None:
    assert refusals(written(tmp_path, content)) == messages


@pytest.mark.parametrize(
    ("line", "messages"),
    [
        pytest.param("api: !env IMAGE", [f":9: api: the tag !env {CURE}"], id="unknown"),
        pytest.param("api: !Sub [a, b]", [f":9: api: the tag !Sub {CURE}"], id="unknown, of a list"),
        pytest.param("api: [1, !Ref a]", [f":9: api[1]: the tag !Ref {CURE}"], id="within a list"),
        pytest.param("api: !!str 5", [f":9: api: the tag !!str {CURE}"], id="text"),
        pytest.param('api: !!int "5"', [f":9: api: the tag !!int {CURE}"], id="number"),
        pytest.param("api: !!binary aGk=", [f":9: api: the tag !!binary {CURE}"], id="binary"),
        pytest.param(
            "api: !!python/object/apply:os.system [id]",
            [f":9: api: the tag !!python/object/apply:os.system {CURE}"],
            id="Python's",
        ),
        pytest.param("api: ! 5", [f":9: api: the tag ! {CURE}"], id="without a name"),
        pytest.param("api: !<tag:x,1:y> 5", [f":9: api: the tag tag:x,1:y {CURE}"], id="in full"),
        pytest.param("!env api: 5", [f":9: the tag !env {CURE}"], id="of a key"),
        pytest.param("a: &a [1]\nb: *a", [":10: b: uses the alias *a; write the value out"], id="alias"),
        pytest.param("&a a: 1\n*a : 2", [":10: uses the alias *a; write the value out"], id="alias as a key"),
        pytest.param(
            "api: &a\n  port: 1\nb:\n  <<: *a",
            [":12: b: has a merge key (<<); write the keys out"],
            id="merge key",
        ),
        pytest.param(
            'api: "${Token[TOKEN.1]}"',
            [":9: api: holds ${Token[, a token that the CDK replaces; write the value itself"],
            id="token of the CDK",
        ),
        pytest.param(
            'api: ["x#{Token[TOKEN.1]}"]',
            [":9: api[0]: holds #{Token[, a token that the CDK replaces; write the value itself"],
            id="list token of the CDK",
        ),
        pytest.param(
            "a: !env X\nb: !env Y\nc: [",
            [
                f":9: a: the tag !env {CURE}",
                f":10: b: the tag !env {CURE}",
                f":12: {OPEN}",
            ],
            id="several",
        ),
    ],
)
def test_fails_on_yaml_that_does_not_say_its_values_plainly(
    line: str, messages: list[str], tmp_path: Path
) -> None:
    assert refusals(written(tmp_path, GOOD + line + "\n")) == messages


DEEP = "nested deeper than 20 levels; a configuration needs only five"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a: " + "[" * 200_000, f":1: {DEEP}", id="brackets"),
        pytest.param("a:\n" + " [\n" * 40_000, f":21: {DEEP}", id="brackets on lines"),
        pytest.param("{a: " * 50_000, f":1: {DEEP}", id="braces"),
        pytest.param("a:\n" + "- " * 100_000, f":2: {DEEP}", id="block lists"),
        pytest.param("? " * 100_000, f":1: {DEEP}", id="keys of keys"),
        pytest.param("a:\n  ? " + "[" * 1000, f":2: {DEEP}", id="within a key"),
        pytest.param("a: 1\na: " + "[" * 1000, f":2: {DEEP}", id="within a key given twice"),
        pytest.param(
            "a: 1\nb: " + "x" * 70_000,
            ":2: b: a text of 70000 characters; give at most 65536",
            id="a long value",
        ),
        pytest.param(
            "? " + "x" * 70_000 + "\n: 1", ":1: a text of 70000 characters; give at most 65536",
            id="a long key",
        ),
        pytest.param(
            "a: [" + "x,\n" * 50_000 + "]",
            ":19998: the file has more than 20000 keys and values; shorten it",
            id="many values",
        ),
    ],
)  # fmt: skip
def test_fails_on_a_file_that_is_too_deep_or_too_large(text: str, message: str, tmp_path: Path) -> None:
    assert refusals(written(tmp_path, text)) == [message]


def test_fails_on_aliases_that_expand_to_a_billion_values(tmp_path: Path) -> None:
    bomb = "a0: &a0 x\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]\n" for n in range(1, 10))
    found = refusals(written(tmp_path, bomb))
    assert len(found) == 81
    assert found[0] == ":2: a1[0]: uses the alias *a0; write the value out"


@pytest.mark.parametrize(
    ("written_as", "value"),
    [
        pytest.param("5", 5, id="number"),
        pytest.param("-0.5", -0.5, id="fraction"),
        pytest.param("1.5e+3", "1.5e+3", id="fraction with an exponent"),
        pytest.param("true", True, id="true"),
        pytest.param("off", False, id="off"),
        pytest.param("~", None, id="null"),
        pytest.param("", None, id="nothing"),
        pytest.param("'5'", "5", id="number in quotes"),
        pytest.param("'true'", "true", id="true in quotes"),
        pytest.param("1:30", "1:30", id="sexagesimal"),
        pytest.param("1:30.5", "1:30.5", id="sexagesimal fraction"),
        pytest.param("010", "010", id="octal"),
        pytest.param("0x10", "0x10", id="hexadecimal"),
        pytest.param("1_000", "1_000", id="underscore"),
        pytest.param("2020-01-01", "2020-01-01", id="date"),
        pytest.param("1e3", "1e3", id="exponent alone"),
        pytest.param("1.5e+400", "1.5e+400", id="larger than a number can be"),
        pytest.param("9" * 5000, "9" * 5000, id="a number of 5000 digits"),
        pytest.param(".inf", ".inf", id="infinity"),
        pytest.param(".nan", ".nan", id="not a number"),
        pytest.param("=", "=", id="YAML 1.1's default key"),
    ],
)
def test_a_value_without_quotes_has_the_type_that_its_writer_means(
    written_as: str, value: object, tmp_path: Path
) -> None:
    found = values(tmp_path, f"a: {written_as}\n")["a"]
    assert (type(found), found) == (type(value), value)
