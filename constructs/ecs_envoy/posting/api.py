"""Asks the API of GitHub or GitLab, and again where that helps."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from typing import IO, Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

TRIES = 4
"""How often a question is asked at most."""

LONGEST_WAIT = 60.0
"""The longest wait before a question is asked again, in seconds."""

_TIMEOUT = 30.0
_LARGEST = 20_000_000  # bytes of an answer; a hundred comments of 65,536 characters are less


class ApiError(Exception):
    """The API refuses or fails; the message has its reason.

    Attributes:
        status: The HTTP status; 429 for every rate limit, 0 without an answer.

    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer of the API."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - whatever the API says
        """Return the answer's JSON.

        Raises:
            ApiError: It is something else, such as the page of a proxy.

        """
        try:
            return json.loads(self.body)
        except ValueError:
            raise ApiError("the API's answer is not JSON; look at its address and at proxies", 0) from None


@dataclass(frozen=True, kw_only=True)
class Api:
    """An API over HTTP.

    Attributes:
        address: Where it is, such as `https://api.github.com`.
        headers: What every question has, such as `Authorization`. No other address ever gets them.
        sleep: Waits for a number of seconds.

    """

    address: str
    headers: Mapping[str, str]
    sleep: Callable[[float], None] = time.sleep

    def ask(self, method: str, path: str, body: object = None) -> Answer:
        """Return the answer; it may be a redirect.

        A question is asked at most `TRIES` times: if the API is over its limit, fails or gives no answer. A
        POST that failed is not asked again, because it may have done its work.

        Raises:
            ApiError: The API refuses, or fails each time.

        """
        for again in range(TRIES):
            try:
                return self._once(method, path, body)
            except _NotNowError as error:
                wait = 2.0**again if error.wait is None else error.wait
                last = again == TRIES - 1 or wait > LONGEST_WAIT
                if last or (method == "POST" and not error.limited):
                    raise error.reason from None
                self.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _once(self, method: str, path: str, body: object) -> Answer:
        headers = {"User-Agent": "ecs-envoy", "Content-Type": "application/json", **self.headers}
        data = None if body is None else json.dumps(body).encode()
        # The address is the CI's own, from its environment.
        request = Request(f"{self.address}{path}", method=method, headers=headers, data=data)  # noqa: S310
        about = f"{method} {self.address}{path}"
        try:
            return _answer(request, _LARGEST)
        except HTTPError as error:
            wait = _wait(error.headers)
            # GitHub says 403, too, for a rate limit, and for a missing right.
            limited = error.code == 429 or (error.code == 403 and wait is not None)
            reason = ApiError(f"{about}: {error.code} {_reason(error)}", 429 if limited else error.code)
            if limited or error.code >= 500:
                raise _NotNowError(reason, limited=limited, wait=wait) from None
            raise reason from None
        except (OSError, HTTPException) as error:
            raise _NotNowError(ApiError(f"{about}: {error}", 0), limited=False, wait=None) from None


def download(address: str, largest: int) -> bytes:
    """Return what is at an address that a redirect named; without any header of ours, such as the token.

    Raises:
        ApiError: It cannot be read, or has more than `largest` bytes.

    """
    if not address.startswith(("https://", "http://127.0.0.1:")):
        raise ApiError(f"{address}: not an address of https", 0)
    try:
        return _answer(Request(address), largest).body  # noqa: S310 - the line above
    except (OSError, HTTPException) as error:
        # The query of such an address is a key, so it is not shown.
        raise ApiError(f"{address.partition('?')[0]}: {error}", 0) from None


class _NotNowError(Exception):
    """The question may be asked again; `wait` is what the API says that one has to wait, in seconds."""

    def __init__(self, reason: ApiError, *, limited: bool, wait: float | None) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.limited = limited
        self.wait = wait


class _NoRedirect(HTTPRedirectHandler):
    """Follows no redirect, because urllib would take the token with it."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        del req, fp, code, msg, headers, newurl


def _answer(request: Request, largest: int) -> Answer:
    opener = build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=_TIMEOUT) as response:
            body = response.read(largest + 1)
            if len(body) > largest:
                raise ApiError(f"{request.host}: the answer has more than {largest:,} bytes", 0)
            return Answer(status=response.status, headers=response.headers, body=body)
    except HTTPError as error:
        if error.code in {301, 302, 303, 307, 308}:
            with error:
                return Answer(status=error.code, headers=error.headers, body=b"")
        raise


def _wait(headers: Message) -> float | None:
    """Return how long the API asks to wait, in seconds; None if it does not.

    GitHub's page 'Rate limits for the REST API' names these headers, GitLab's 'Rate limits' the first.
    """
    if (after := headers.get("Retry-After", "")).isdecimal():
        return float(after)
    reset = headers.get("X-RateLimit-Reset", "")
    if headers.get("X-RateLimit-Remaining") == "0" and reset.isdecimal():
        return max(0.0, float(reset) - time.time())
    return None


def _reason(error: HTTPError) -> str:
    with error:
        text = error.read(10_000).decode(errors="replace")
    try:
        match json.loads(text):
            case {"message": str(message)}:
                return message
            case _:
                pass
    except ValueError:
        pass
    return str(error.reason)
