"""The table of prices."""

import datetime
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, ValidationError

_FILE = Path(__file__).with_name("prices.yaml")
DEFAULT_REGION = "us-east-1"


class BadPricesError(ValueError):
    """A file of prices is not good; the message names the file and the key."""


class Rates(BaseModel):
    """What is assumed, because no template says it.

    Attributes:
        month_hours: The hours of a month.
        log_gb_task_month: What a task logs to CloudWatch in a month, in GB.
        spot_discount: The share by which Fargate Spot is cheaper, 0 to 1.

    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    month_hours: float = Field(gt=0)
    log_gb_task_month: NonNegativeFloat
    spot_discount: float = Field(ge=0, le=1)


class _Table(BaseModel):
    """A file of prices, also one that has only some of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    date: datetime.date | None = None
    regions: dict[str, dict[str, NonNegativeFloat]] = Field(
        default_factory=dict[str, dict[str, NonNegativeFloat]]
    )
    rates: dict[str, NonNegativeFloat] = Field(default_factory=dict[str, NonNegativeFloat])


@dataclass(frozen=True, kw_only=True)
class Prices:
    """Prices in USD, by region.

    Attributes:
        date: When they were read.
        rates: What is assumed.
        regions: The prices of each region; a region that is not here, or a price that it does not have, is as
            in us-east-1.

    """

    date: str
    rates: Rates
    regions: dict[str, dict[str, float]]

    def price(self, name: str, region: str) -> float:
        """Return a price by its name in `prices.yaml`."""
        return self.regions.get(region, {}).get(name, self.regions[DEFAULT_REGION][name])


@cache
def our_prices() -> Prices:
    """Return the prices of `prices.yaml`."""
    table = _read(_FILE)
    return Prices(date=str(table.date), rates=Rates(**table.rates), regions=table.regions)


def prices_with(file: Path) -> Prices:
    """Return our prices with those of `file` over them, which has the same keys as `prices.yaml`.

    Raises:
        BadPricesError: The file cannot be read, or a key or a value of it is not good.

    """
    ours, theirs = our_prices(), _read(file)
    known = ours.regions[DEFAULT_REGION]
    for region, prices in theirs.regions.items():
        for name in prices.keys() - known.keys():
            raise BadPricesError(
                f"{file}: regions.{region}.{name}: is no price; give some of {', '.join(known)}"
            )
    try:
        rates = Rates(**{**ours.rates.model_dump(), **theirs.rates})
    except ValidationError as error:
        raise BadPricesError(f"{file}: rates.{_first(error)}") from None
    return Prices(
        date=str(theirs.date) if theirs.date else ours.date,
        rates=rates,
        regions={
            region: {**ours.regions.get(region, {}), **theirs.regions.get(region, {})}
            for region in {**ours.regions, **theirs.regions}
        },
    )


def _read(file: Path) -> _Table:
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
        return _Table.model_validate(values)
    except OSError as error:
        raise BadPricesError(f"{file}: cannot be read: {error.strerror}; give a file of prices") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadPricesError(f"{file}: is not YAML: {str(error).splitlines()[0]}") from None
    except ValidationError as error:
        raise BadPricesError(f"{file}: {_first(error)}; give the keys of prices.yaml") from None


def _first(error: ValidationError) -> str:
    found = error.errors()[0]
    return ": ".join(part for part in (".".join(map(str, found["loc"])), found["msg"]) if part)
