"""Checks a construct's arguments by the types in its signature. YAML has the same types and messages."""

import functools
import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from pydantic import BeforeValidator, ConfigDict, PydanticUserError, TypeAdapter, ValidationError

from envoy_config.settings_error import Finding, dotted, problems
from envoy_config.values import problem, shown

_P = ParamSpec("_P")
_Self = TypeVar("_Self")
_Scope = TypeVar("_Scope")


class ArgumentError(ValueError):
    """Arguments of a construct are not allowed; the message has a line for each mistake.

    Attributes:
        problems: The path of each mistake, which begins with the argument's name, and a message that says
            what is there and what to write instead.

    """

    def __init__(self, owner: str, problems: Sequence[Finding]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{owner}: {dotted(path)}: {message}" for path, message in problems))


class Example:
    """Annotates the type of an argument with an example of a value, as code.

    Args:
        code: The example, such as `Duration.seconds(30)`.

    """

    def __init__(self, code: str) -> None:
        self.code = code


def refuse(owner: str, findings: Iterable[Finding]) -> None:
    """Raise an error with all `findings`, if there are any.

    Raises:
        ArgumentError: There is at least one finding.

    """
    if listed := list(findings):
        raise ArgumentError(owner, listed)


_Init = Callable[Concatenate[_Self, _Scope, str, _P], None]


def checked_arguments(init: _Init[_Self, _Scope, _P]) -> _Init[_Self, _Scope, _P]:
    """Check the keyword arguments of a construct by the types in its signature, before its `__init__` runs.

    All mistakes are reported together. Values are not converted. For an interface of the CDK, such as
    `ec2.IVpc`, any object of the CDK is accepted; the CDK itself refuses a wrong one.

    Raises:
        ArgumentError: A value is not allowed.

    """

    @functools.wraps(init)
    def checked(self: _Self, scope: _Scope, construct_id: str, *args: _P.args, **kwargs: _P.kwargs) -> None:
        refuse(construct_id, _findings(init, kwargs))
        init(self, scope, construct_id, *args, **kwargs)

    return checked


def check_fields(value: object) -> None:
    """Check the fields of a dataclass by their types. Its `__post_init__` has to call this.

    Raises:
        ArgumentError: A value is not allowed.

    """
    kind = type(value)
    refuse(kind.__name__, _findings(kind, vars(value)))


def _findings(owner: Callable[..., object], values: Mapping[str, object]) -> list[Finding]:
    findings: list[Finding] = []
    for name, adapter in _adapters(owner).items():
        # A text that is a token is known only when the stack is deployed.
        if name in values and not is_token(values[name]):
            findings += findings_of(adapter, values[name], name)
    return findings


def is_token(value: object) -> bool:
    """Return whether `value` is a text with a token of the CDK in it."""
    return isinstance(value, str) and ("${Token[" in value or "#{Token[" in value)


def findings_of(kind: TypeAdapter[Any], value: object, argument: str) -> list[Finding]:
    """Return why the value of `argument` is not of `kind`."""
    try:
        kind.validate_python(value)
    except ValidationError as error:
        return [((argument, *path), message) for path, message in problems(error, object)]
    return []


@functools.cache
def _adapters(owner: Callable[..., object]) -> dict[str, TypeAdapter[Any]]:
    """Return a check for each keyword argument of `owner`, which is a function or a dataclass."""
    hints = typing.get_type_hints(owner, include_extras=True)
    parameters = inspect.signature(owner).parameters.values()
    return {
        parameter.name: _adapter(hints[parameter.name])
        for parameter in parameters
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }


def _adapter(annotation: Any) -> TypeAdapter[Any]:  # noqa: ANN401  # Python has no type for its annotations
    checked = _checked(annotation)
    try:
        return TypeAdapter(checked, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticUserError:  # a group of settings has its own pydantic configuration
        return TypeAdapter(checked)


def _checked(annotation: Any) -> Any:  # noqa: ANN401
    """Return `annotation` with each class that pydantic does not know replaced by a check."""
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        example = next((extra.code for extra in parts[1:] if isinstance(extra, Example)), None)
        if example is None:
            return annotation
        more = [extra for extra in parts[1:] if not isinstance(extra, Example)]
        return functools.reduce(
            lambda kind, extra: typing.Annotated[kind, extra], more, _instance(parts[0], example)
        )
    if origin in {typing.Union, types.UnionType}:
        (kind,) = (part for part in parts if part is not type(None))
        return typing.Annotated[object, BeforeValidator(_or_none(TypeAdapter(_checked(kind))))]
    if origin is not None and parts and origin is not typing.Literal:
        return origin[tuple(_checked(part) for part in parts)]
    if isinstance(annotation, type):
        return _instance(annotation, None)
    return annotation


def _or_none(adapter: TypeAdapter[Any]) -> Callable[[object], object]:
    def check(value: object) -> object:
        return None if value is None else adapter.validate_python(value)

    return check


def _instance(kind: type, example: str | None) -> Any:  # noqa: ANN401
    """Return a type that accepts only instances of `kind`; `example` is the code of one."""
    cure = f"one such as {example}" if example else _with_article(kind.__name__)
    # The CDK's interfaces are protocols that Python's isinstance does not check.
    interface = getattr(kind, "_is_protocol", False) and not getattr(kind, "_is_runtime_protocol", False)

    def check(value: object) -> object:
        fits = _has_interface(value, kind) if interface else isinstance(value, kind)
        if not fits or (isinstance(value, bool) and kind is not bool):
            raise problem(f"{_described(value, kind)} is not {_with_article(kind.__name__)}; give {cure}")
        return value

    return typing.Annotated[object, BeforeValidator(check)]


def _has_interface(value: object, interface: type) -> bool:
    """Return whether `value` comes from the CDK and has what `interface` promises."""
    if not hasattr(type(value), "__jsii_type__"):
        return hasattr(value, "__jsii_ref__")  # an import, such as `Vpc.from_lookup`, which the CDK checks
    members = (name for name in vars(interface) if not name.startswith("_"))
    return all(hasattr(type(value), name) for name in members)


def _described(value: object, kind: type) -> str:
    """Return `value` in words; with its module where its class has the name of `kind`."""
    same_name = type(value).__name__ == kind.__name__
    return f"{type(value).__module__}.{kind.__name__}" if same_name else shown(value)


def _with_article(word: str) -> str:
    return f"{'an' if word[0] in 'AEIOUaeiou' else 'a'} {word}"
