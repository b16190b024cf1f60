"""The base of every group of settings: typed, frozen, without unknown keys, with readable error messages."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, TypeVar, dataclass_transform

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from envoy_config.settings_error import SettingsError, problems

_Part = TypeVar("_Part", bound="Settings")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(Field,))
class _PlainErrors(type(BaseModel)):
    if not TYPE_CHECKING:  # a type checker reads the signature from the fields
        # This is a metaclass, because pydantic would also call our own `__init__` for each nested group, and
        # then the path to a mistake inside that group would be lost.
        def __call__(cls, **values: object) -> object:
            try:
                return super().__call__(**values)
            except ValidationError as error:
                raise SettingsError(problems(error, cls)) from None


class Settings(BaseModel, metaclass=_PlainErrors):
    """A group of settings: the only place that defines their types, defaults, bounds and descriptions.

    Blocks of the YAML configuration and arguments of constructs use it. The JSON Schema and the reference
    page are generated from it.

    Raises:
        SettingsError: A value is not allowed; the message names each mistake and says what to give.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hints: ClassVar[Mapping[str, str]] = {}
    """What to say of keys that the group does not have, but that somebody may look for here."""

    def part(self, kind: type[_Part]) -> _Part:
        """Return the settings that belong to `kind`, a base class of this class."""
        given = {name: value for name, value in self.__dict__.items() if name in kind.model_fields}
        part = kind.model_construct(self.model_fields_set & given.keys(), **given)
        for name in kind.model_fields.keys() - given.keys():
            del vars(part)[name]  # missing, because only a part of the settings could be read
        return part
