"""How the house itself is kept."""

import ast
import subprocess
import sys
from collections import Counter

import pytest

from tests.cdk_stubs import stub
from tests.conftest import ROOT


def test_source_roots_are_no_packages() -> None:
    assert not (ROOT / "constructs/__init__.py").exists()
    assert not (ROOT / "envoy/__init__.py").exists()


FOLDERS = ("stacks", "constructs", "envoy", "rehearsal", "bench", "tests")
SOURCES = [
    path
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not path.is_relative_to(ROOT / "rehearsal/out")
]


def test_no_file_is_longer_than_300_lines() -> None:
    assert SOURCES
    assert not [str(path) for path in SOURCES if len(path.read_text().splitlines()) > 300]


def test_no_function_is_longer_than_60_lines() -> None:
    long = [
        f"{path}: {node.name}"
        for path in SOURCES
        if not path.is_relative_to(ROOT / "tests")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= 60
    ]
    assert not long


def test_no_folder_has_more_than_15_files() -> None:
    counts = Counter(path.parent for path in SOURCES if path.name != "__init__.py")
    del counts[ROOT / "envoy/envoy_config"]  # one file for each of Envoy's resources
    assert not {str(folder): count for folder, count in counts.items() if count > 15}


def test_fails_where_a_test_without_a_mark_starts_a_python() -> None:
    with pytest.raises(RuntimeError, match=r"test_house\.py::test_fails_where_.* starts .*; mark it as reh"):
        subprocess.run([sys.executable, "--version"], check=False)


MODULE = '''
"""What it is for."""
import jsii

@jsii.implements(IThing)
class Thing(Base, metaclass=jsii.JSIIMeta, jsii_type="pkg.Thing"):
    """A thing."""

    def __init__(self, scope: "Construct", id: str, *, size: int = 1) -> None:
        check_type(size)

    @jsii.member(jsii_name="name")
    @builtins.property
    def name(self) -> str:
        """Its name."""
        return jsii.get(self, "name")

    @jsii.python.classproperty
    def STANDARD(cls) -> "Thing":
        return jsii.sget(cls, "STANDARD")

def _typecheckingstub__0123(size: int) -> None:
    pass
'''

STUB = """\
import jsii

class Thing(Base, metaclass=jsii.JSIIMeta):

    def __init__(self, scope: 'Construct', id: str, *, size: int=...) -> None:
        ...

    @builtins.property
    def name(self) -> str:
        ...

    @jsii.python.classproperty
    def STANDARD(cls) -> 'Thing':
        ..."""


def test_a_stub_of_the_cdk_has_the_types_and_no_body() -> None:
    assert stub(MODULE) == STUB
