"""The workspace's own prices: `priceBook` in fairlead.yaml. What is paid, what was agreed, what is owned."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, model_validator

from fairlead.domain.declaration import Name, Spec
from fairlead.domain.quantity import Bytes, Day, Exact
from fairlead.kernel.money import from_pico, plain, round_to_pico

__all__ = ["HOURS_PER_YEAR", "Commitment", "Discount", "Hardware", "PriceBook", "PriceRow"]

HOURS_PER_YEAR = 8_760
"""Hours of 365 days: what a purchase is spread over, and what a term of a provider's reservation has in a year."""

_Since = Annotated[Day | None, Field(alias="from", description="The first day; without it, always before.")]
_Until = Annotated[Day | None, Field(alias="to", description="The first day no longer; without it, without end.")]


class PriceRow(Spec):
    """One price of the book: what a unit costs, said by whom, when."""

    resource: Literal["cpu", "memory", "gpu"] = Field(description="cpu: core-hour, memory: GiB-hour, gpu: GPU-hour.")
    gpu_type: str = Field(default="", description="Kind of GPU, for `resource: gpu`.")
    price: Exact = Field(ge=0, description="Price of one unit for one hour.")
    source: str = Field(min_length=1, description="Who says so: provider, instance type, region, list.")
    as_of: Day = Field(description="The day on which the source said so.")
    includes: tuple[Literal["memory"], ...] = Field(default=(), description="What is paid with it.")


class Discount(Spec):
    """What a provider agreed to take off its list prices. Of several that fit, the first one holds."""

    provider: Literal["aws", "azure", "google"] = Field(description="Whose list.")
    service: str = Field(default="*", description="Pattern of the service: `compute`, or as the list names it.")
    instance: str = Field(default="*", description="Pattern of the instance type, for example `m7i.*`.")
    region: str = Field(default="*", description="Pattern of the region.")
    percent: Exact = Field(ge=0, le=100, description="Percent off the list price.")
    since: _Since = None
    until: _Until = None


class Commitment(Spec):
    """What was promised to be paid, used or not."""

    name: Name = Field(description="What budgets call it.")
    what: str = Field(min_length=1, description="What was committed to, in the provider's words.")
    units: Exact = Field(default=Decimal(1), gt=0, description="How many of it.")
    price: Exact = Field(ge=0, description="Price of one unit for one hour.")
    upfront: Exact = Field(default=Decimal(0), ge=0, description="Paid once for all of it, spread over its time.")
    since: Day = Field(alias="from", description="The first day.")
    until: Day = Field(alias="to", description="The first day no longer.")
    environment: str = Field(default="", description="Whose budget it counts in.")
    model: str = Field(default="", description="Whose budget it counts in.")
    team: str = Field(default="", description="Whose budget it counts in.")
    customer: str = Field(default="", description="Whose budget it counts in.")

    @model_validator(mode="after")
    def _ends(self) -> Commitment:
        if self.until <= self.since:
            message = "`to` is after `from`"
            raise ValueError(message)
        return self


class Hardware(Spec):
    """Machines that are owned: their price, years and power make the price of an hour.

    hour = (purchase / (years x 8760) + watts / 1000 x pue x pricePerKwh) / utilisation; `gpuShare` of it is paid by the
    GPUs, the rest by the cores, which include the memory. Exact, rounded once to 10^-12, ties to even.
    """

    name: Name = Field(description="What price rows call it.")
    purchase: Exact = Field(ge=0, description="What one machine cost.")
    years: Exact = Field(gt=0, le=100, description="Over how many years its price is spread.")
    cores: Exact = Field(gt=0, description="CPU cores of one machine.")
    memory: Bytes = Field(default=0, validate_default=True, description="Memory of one machine, for people.")
    gpus: Exact = Field(default=Decimal(0), ge=0, description="GPUs of one machine.")
    gpu_type: str = Field(default="", description="Kind of GPU, as models name it.")
    gpu_share: Exact | None = Field(default=None, ge=0, le=1, description="Part of the hour that the GPUs pay.")
    watts: Exact = Field(ge=0, description="Power that one machine draws on average.")
    price_per_kwh: Exact = Field(ge=0, description="Price of a kilowatt-hour.")
    pue: Exact = Field(default=Decimal(1), ge=1, description="Power of the building over power of its machines.")
    utilisation: Exact = Field(
        default=Decimal(1), gt=0, le=1, description="Part of the hours that carries the cost of all of them."
    )
    as_of: Day = Field(description="The day of these figures.")

    @model_validator(mode="after")
    def _whose(self) -> Hardware:
        if (self.gpus > 0) != (self.gpu_share is not None) or (self.gpus > 0) != bool(self.gpu_type):
            message = "`gpus` above 0 takes `gpuType` and `gpuShare`, and only it does"
            raise ValueError(message)
        return self

    def hour(self) -> Fraction:
        """What one machine costs in an hour that is used, exactly."""
        bought = Fraction(self.purchase) / (Fraction(self.years) * HOURS_PER_YEAR)
        power = Fraction(self.watts) / 1000 * Fraction(self.pue) * Fraction(self.price_per_kwh)
        return (bought + power) / Fraction(self.utilisation)

    def rows(self) -> tuple[PriceRow, ...]:
        """A core-hour's price, and a GPU-hour's where there are any. Each row names what it was computed from.

        Where the GPUs pay all, there is none for the cores: they are a part of what a GPU-hour buys.
        """
        share, hour = Fraction(self.gpu_share or 0), self.hour()
        core = from_pico(round_to_pico(hour * (1 - share) / Fraction(self.cores)))
        rows = [self._row("cpu", core, includes=("memory",))] if share < 1 else []
        if self.gpus:
            gpu = from_pico(round_to_pico(hour * share / Fraction(self.gpus)))
            rows.append(self._row("gpu", gpu, gpu_type=self.gpu_type))
        return tuple(rows)

    def _row(
        self,
        resource: Literal["cpu", "gpu"],
        price: Decimal,
        *,
        gpu_type: str = "",
        includes: tuple[Literal["memory"], ...] = (),
    ) -> PriceRow:
        parts = [
            f"own hardware {self.name}: {plain(self.purchase)} over {plain(self.years)} years",
            f"{plain(self.watts)} W x {plain(self.pue)} at {plain(self.price_per_kwh)} per kWh",
            *([f"utilisation {plain(self.utilisation)}"] if self.utilisation != 1 else []),
            *([f"{plain(self.gpu_share)} of it for {plain(self.gpus)} GPUs"] if self.gpu_share is not None else []),
            f"{plain(self.cores)} cores",
        ]
        return PriceRow(
            resource=resource,
            gpu_type=gpu_type,
            price=price,
            source=", ".join(parts),
            as_of=self.as_of,
            includes=includes,
        )


class PriceBook(Spec):
    """The prices that plans and costs are computed from."""

    currency: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code.")
    rows: tuple[PriceRow, ...] = Field(default=(), description="The prices.")
    hardware: tuple[Hardware, ...] = Field(default=(), description="Own machines, whose prices are computed.")
    discounts: tuple[Discount, ...] = Field(default=(), description="What comes off providers' list prices.")
    commitments: tuple[Commitment, ...] = Field(default=(), description="What is paid whether it is used or not.")

    @model_validator(mode="after")
    def _says_something(self) -> PriceBook:
        if not (self.rows or self.hardware or self.discounts or self.commitments):
            message = "give `rows`, `hardware`, `discounts` or `commitments`"
            raise ValueError(message)
        return self

    def priced(self) -> tuple[PriceRow, ...]:
        """The rows, and those of the own hardware behind them."""
        return (*self.rows, *(row for each in self.hardware for row in each.rows()))

    def row(self, resource: str, gpu_type: str = "") -> PriceRow | None:
        """The row for a resource, or None: a missing price is said, never zero."""
        return next(
            (row for row in self.priced() if row.resource == resource and row.gpu_type == gpu_type),
            None,
        )
