"""Headers that a route sets, adds or removes."""

from typing import TypedDict

from envoy_config.messages import HeaderValue, HeaderValueOption, HeaderValueOptionHeaderAppendAction
from envoy_config.policy.headers import HeaderChange, Headers


class HeaderChanges(TypedDict):
    """The fields of a route that change headers."""

    request_headers_to_add: list[HeaderValueOption]
    request_headers_to_remove: list[str]
    response_headers_to_add: list[HeaderValueOption]
    response_headers_to_remove: list[str]


def header_changes(headers: Headers) -> HeaderChanges:
    """Return the fields of a route for `headers`."""
    return {
        "request_headers_to_add": _added(headers.request),
        "request_headers_to_remove": list(headers.request.remove),
        "response_headers_to_add": _added(headers.response),
        "response_headers_to_remove": list(headers.response.remove),
    }


def header_set(name: str, value: str) -> HeaderValueOption:
    """Return that a header gets `value`, in which Envoy replaces its commands, whatever it had."""
    return _option(name, value, HeaderValueOptionHeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)


def _added(change: HeaderChange) -> list[HeaderValueOption]:
    append = HeaderValueOptionHeaderAppendAction.APPEND_IF_EXISTS_OR_ADD
    return [
        *(header_set(name, _plain(value)) for name, value in sorted(change.set.items())),
        *(_option(name, _plain(value), append) for name, value in sorted(change.add.items())),
    ]


def _plain(value: str) -> str:
    # `%` begins a command of Envoy ("Custom request/response headers").
    return value.replace("%", "%%")


def _option(name: str, value: str, action: HeaderValueOptionHeaderAppendAction) -> HeaderValueOption:
    return HeaderValueOption(header=HeaderValue(key=name, value=value), append_action=action)
