"""A correction of MiniStack's CloudFormation: an export that another stack imports cannot change.

CloudFormation refuses the update and rolls the stack back ("Resolve the 'Cannot update export' error", AWS
re:Post). MiniStack checks this only when a stack is deleted.
"""

import importlib
from typing import Any

_stacks: Any = importlib.import_module("ministack.services.cloudformation.stacks")
_handlers: Any = importlib.import_module("ministack.services.cloudformation.handlers")
_cloudformation: Any = importlib.import_module("ministack.services.cloudformation")

_resolve_stack_outputs: Any = _stacks._resolve_stack_outputs


def _resolve_unless_imported(*arguments: Any) -> Any:  # noqa: ANN401
    """Resolve a stack's outputs; refuse to change or remove an export that another stack imports."""
    outputs, exports = _resolve_stack_outputs(*arguments)
    stack_id = arguments[-1]
    for name, export in _cloudformation._exports.items():
        if export["StackId"] != stack_id or exports.get(name) == export:
            continue
        verb = "update" if name in exports else "delete"
        for other in _importers(name):
            raise ValueError(f"Cannot {verb} export {name} as it is in use by {other}.")
    return outputs, exports


def _importers(export: str) -> list[str]:
    return [
        name
        for name, stack in _cloudformation._stacks.items()
        if stack.get("StackStatus") != "DELETE_COMPLETE"
        and export in _handlers._imported_export_names(stack, name)
    ]


def patch_ministack() -> None:
    """Correct MiniStack."""
    _stacks._resolve_stack_outputs = _resolve_unless_imported
