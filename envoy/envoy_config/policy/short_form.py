"""Blocks that may be given as the value of one of their keys alone, such as `health_check: grpc`."""

from typing import Any

from pydantic import BeforeValidator

from envoy_config.settings import Settings
from envoy_config.settings_error import SettingsError
from envoy_config.values import problem


def short_form(kind: type[Settings], key: str) -> BeforeValidator:
    """Return the validator that takes a text for a block of `kind` with this text as its `key`."""

    def read(given: Any) -> Any:  # noqa: ANN401  # whatever stands in the file
        if not isinstance(given, str):
            return given
        try:
            return kind(**{key: given})
        except SettingsError as error:
            raise problem(error.problems[0][1]) from None

    return BeforeValidator(read)
