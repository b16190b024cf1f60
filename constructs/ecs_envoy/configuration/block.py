"""What every block of a configuration is."""

from pydantic import BaseModel, ConfigDict


class Block(BaseModel):
    """A block of YAML, without unknown keys and frozen; `cross_checks` has the rules between keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
