"""`python -m tests.cdk_stubs FOLDER`: the CDK's classes without their bodies, for pyright.

Of the CDK pyright uses only what a stub has: classes, their methods and the types. But it reads, binds and
walks all 28 MB of the generated modules that this project imports, each time, which is a third of its run.
`make setup` writes these stubs, and `stubPath` in pyproject.toml names them; without them pyright reads the
modules themselves and finds the same.
"""

import ast
import re
import sys
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("aws_cdk", "cdk_monitoring_constructs", "datadog_cdk_constructs_v2")
ROOT = Path(__file__).resolve().parent.parent
READ_TOO = (
    "aws_cdk.aws_applicationautoscaling",
    "aws_cdk.aws_autoscaling",
    "aws_cdk.aws_events",
    "aws_cdk.aws_kms",
    "aws_cdk.cloud_assembly_schema",
    "aws_cdk.cx_api",
    "aws_cdk.interfaces.aws_ec2",
)
"""Large modules that pyright reads for the types of those that are imported."""

SOURCES = ("app.py", "stacks", "constructs", "tests")

# They tell jsii how to call the class, and change no type.
_FOR_JSII = ("jsii.member(", "jsii.data_type(", "jsii.implements(", "jsii.interface(", "jsii.enum(")


def stub(source: str) -> str:
    """Return the classes of a module that jsii generated, with `...` for each body."""
    module = ast.parse(source)
    module.body = [node for node in module.body if not _only_runs(node)]
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.decorator_list = [
                decorator
                for decorator in node.decorator_list
                if not ast.unparse(decorator).startswith(_FOR_JSII)
            ]
        if isinstance(node, ast.ClassDef):
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "jsii_type"]
            node.body = [inner for inner in node.body if not isinstance(inner, ast.Expr)] or [_nothing()]
        if isinstance(node, ast.FunctionDef):
            node.body = [_nothing()]
            node.args.defaults = [ast.Constant(...) for _ in node.args.defaults]
            node.args.kw_defaults = [default and ast.Constant(...) for default in node.args.kw_defaults]
    return ast.unparse(ast.fix_missing_locations(module))


def _nothing() -> ast.Expr:
    return ast.Expr(ast.Constant(...))


def _only_runs(node: ast.stmt) -> bool:
    """Return whether `node` has no type in it: docstrings, calls, and the functions that check arguments."""
    return isinstance(node, ast.Expr | ast.For) or (
        isinstance(node, ast.FunctionDef) and node.name.startswith("_typecheckingstub__")
    )


def imported_modules() -> set[str]:
    """Return the modules of the CDK that this project's sources import."""
    files = [file for name in SOURCES for file in (ROOT / name, *(ROOT / name).rglob("*.py"))]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files if file.is_file())
    return {f"aws_cdk.{name}" for name in re.findall(r"from aws_cdk import (aws_\w+)", text)} | {
        *PACKAGES,
        *READ_TOO,
    }


def main() -> None:
    """Write a stub for each module that is imported, and a link to every other one."""
    folder, imported = Path(sys.argv[1]), imported_modules()
    for package in PACKAGES:
        spec = find_spec(package)
        assert spec
        assert spec.origin
        root = Path(spec.origin).parent
        for source in root.rglob("__init__.py"):
            module = ".".join(source.parent.relative_to(root.parent).parts)
            target = folder / source.relative_to(root.parent).with_suffix(".pyi")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            if module in imported:
                target.write_text(stub(source.read_text(encoding="utf-8")), encoding="utf-8")
            else:
                target.symlink_to(source)


if __name__ == "__main__":
    main()
