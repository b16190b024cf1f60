"""What every group of settings is: typed, frozen, without unknown keys, with errors in plain words."""

from typing import TYPE_CHECKING, TypeVar, dataclass_transform

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from envoy_config.settings_error import SettingsError, problems

_Part = TypeVar("_Part", bound="Settings")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(Field,))
class _PlainErrors(type(BaseModel)):
    if not TYPE_CHECKING:  # a type checker reads the signature from the fields
        # A metaclass, since pydantic would call an `__init__` of ours for each nested group, too, and the
        # path to a mistake inside it would be lost.
        def __call__(cls, **values: object) -> object:
            try:
                return super().__call__(**values)
            except ValidationError as error:
                raise SettingsError(problems(error, cls)) from None


class Settings(BaseModel, metaclass=_PlainErrors):
    """A group of settings: the one place of each one's type, default, bounds and description.

    A block of the YAML configuration and an argument of a construct are made of it; the JSON Schema and
    the reference page are written from it.

    Raises:
        SettingsError: A value is not allowed; the message names each mistake and its cure.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def part(self, kind: type[_Part]) -> _Part:
        """Return those of these settings that `kind` has, which this class inherits from."""
        given = {name: value for name, value in self.__dict__.items() if name in kind.model_fields}
        part = kind.model_construct(self.model_fields_set & given.keys(), **given)
        for name in kind.model_fields.keys() - given.keys():
            del vars(part)[name]  # of settings that could be read only in part, this one is missing
        return part
