"""Writes `messages.json` from `envoy-data-plane`: what a message's JSON depends on (`make messages`)."""

import ast
import functools
import importlib
import json
import warnings
from pathlib import Path
from typing import Any, cast

import betterproto2
from betterproto2 import Enum, FieldMetadata
from envoy_data_plane.message_pool import default_message_pool

FOLDER = Path(__file__).resolve().parent.parent / "envoy/envoy_config"
TABLE = FOLDER / "messages.json"
# Those of google.protobuf have a JSON of their own, which messages.py knows.
OWN_JSON = {"Any", "Struct", "Value"}
# `envoy-data-plane` writes 64-bit integers as texts, but not those that may be unset (UInt64Value).
WORDS = {"l": ("int64", "uint64"), "f": ("double", "float", "doublevalue", "floatvalue")}


def table() -> str:
    """Return the table of every message that `messages.pyi` imports."""
    described = {name: _described(kind) for name, kind in generated_classes().items() if name not in OWN_JSON}
    rows = (f"{json.dumps(name)}: {json.dumps(facts)}" for name, facts in sorted(described.items()))
    return "{\n" + ",\n".join(rows) + "\n}\n"


@functools.cache
def generated_classes() -> dict[str, Any]:
    """Return the classes of `envoy-data-plane` that `messages.pyi` imports, each by its name there."""
    classes: dict[str, Any] = {}
    for node in ast.parse((FOLDER / "messages.pyi").read_text()).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("envoy_data_plane."):
            module = _imported(node.module or "")
            classes.update({alias.asname or alias.name: getattr(module, alias.name) for alias in node.names})
    return classes


def _imported(module: str) -> Any:  # noqa: ANN401
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(module)


def _described(kind: type) -> dict[str, Any]:
    if issubclass(kind, Enum):
        return {"values": {value.name: [value.value, value.proto_name or value.name] for value in kind}}
    url = default_message_pool.type_to_url[kind]
    metas: dict[str, FieldMetadata] = cast("Any", kind)._betterproto.meta_by_field_name
    return {"type": url.rpartition("/")[2], "fields": {name: _how(meta) for name, meta in metas.items()}}


def _how(meta: FieldMetadata) -> str:
    """Return how the field is written (`_json` and `_written` in messages.py)."""
    inner = meta.map_meta[1] if meta.map_meta else meta
    scalar = inner.unwrap().__name__.lower() if inner.unwrap else inner.proto_type
    how = next((letter for letter, words in WORDS.items() if scalar in words), "")
    several = meta.repeated or meta.map_meta
    set_or_not = not several and (meta.optional or meta.group or meta.proto_type == betterproto2.TYPE_MESSAGE)
    return how + ("?" if set_or_not else "")


if __name__ == "__main__":
    TABLE.write_text(table())
