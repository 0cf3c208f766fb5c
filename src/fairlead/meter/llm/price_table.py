"""Price tables: who sells which model for how much, since when. Ours ships with the package; a user's goes before it.

A table is JSON, as `docs/llm-usage.md` describes it. Every price names its row, the table's source and its date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files

from fairlead.kernel.errors import NotFoundError
from fairlead.meter.llm.price_text import ModelPrices, Provider, parsed_table
from fairlead.meter.llm.rates import PriceRow

__all__ = ["PriceTable", "price_table"]

_REMEMBERED = 4096
"""Names of models whose rows are kept at hand: bodies are untrusted, and may name any number of models."""


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Providers by id, and the prices of their models, a user's own first."""

    providers: Mapping[str, Provider]
    models: Mapping[str, Sequence[ModelPrices]]
    _found: dict[tuple[str, str], tuple[ModelPrices, ...]] = field(default_factory=dict, compare=False, repr=False)

    def provider(self, name: str) -> Provider:
        """The provider of that id or of a name it goes by; NotFoundError lists the known ones."""
        wanted = name.strip().lower()
        if wanted in self.providers:
            return self.providers[wanted]
        for each in self.providers.values():
            if each.names is not None and each.names.fits(wanted):
                return each
        known = ", ".join(sorted(self.providers))
        raise NotFoundError(f"no provider is called {name!r}", mend=f"known: {known}")

    def at(self, url: str) -> Provider | None:
        """The provider whose API has that address, or None."""
        fitting = (each for each in self.providers.values() if each.url and re.match(each.url, url))
        return next(fitting, None)

    def owners(self, model: str) -> list[Provider]:
        """Providers that a model's name alone points to and that sell it."""
        claiming = [each for each in self.providers.values() if each.models is not None and each.models.fits(model)]
        return [each for each in claiming if self._own(each.id, model)]

    def sellers(self, model: str) -> list[Provider]:
        """Every provider that sells a model under that name."""
        return [each for each in self.providers.values() if self._own(each.id, model)]

    def row(self, provider: Provider, model: str, moment: datetime) -> PriceRow | None:
        """The row that holds at `moment` (UTC); a provider may sell others' models at their prices."""
        for seller in (provider.id, *provider.also):
            for prices in self._own(seller, model):
                for row in reversed(prices.rows):
                    if row.holds_at(moment):
                        return row
        return None

    def _own(self, provider: str, model: str) -> tuple[ModelPrices, ...]:
        key = (provider, model.lower().removeprefix("models/"))
        if key not in self._found:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            self._found[key] = tuple(each for each in self.models.get(provider, ()) if each.match.fits(key[1]))
        return self._found[key]


def price_table(own: str = "", name: str = "") -> PriceTable:
    """The package's table, behind the one that `own` holds as text; `name` is its file's.

    UsageError says what is wrong with it.
    """
    ours = files("fairlead.meter.llm").joinpath("prices.json").read_text("utf-8")
    tables = [parsed_table(ours, "prices.json")]
    if own:
        tables.insert(0, parsed_table(own, name))
    providers: dict[str, Provider] = {}
    models: dict[str, list[ModelPrices]] = {}
    for table in reversed(tables):
        providers = {**providers, **{each.id: each for each in table.providers}}
    for table in tables:
        for prices in table.models:
            models.setdefault(prices.provider, []).append(prices)
            providers.setdefault(prices.provider, Provider(prices.provider, prices.provider))
    return PriceTable(providers, models)
