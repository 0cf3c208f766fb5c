"""Several lists asked as one, and what was agreed with providers taken off: what a plan is priced by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext
from fnmatch import fnmatchcase

from fairlead.domain.price_book import Discount
from fairlead.domain.price_list import COMPUTE, ListPrice, most_alike
from fairlead.kernel.money import plain
from fairlead.ports import ListPrices

__all__ = ["DiscountedPrices", "NewestPrices"]


@dataclass(frozen=True, slots=True)
class NewestPrices:
    """Of the lists that have a price the one that said it last; of the same day the earlier in order."""

    lists: Sequence[ListPrices]

    def instance(self, provider: str, region: str, name: str) -> ListPrice | None:
        """The newest price of an instance's hour in exactly that region, or None."""
        return _newest(each.instance(provider, region, name) for each in self.lists)

    def nearest(self, provider: str, region: str, name: str) -> ListPrice | None:
        """The region with the name most alike, of all lists."""
        found = (each.nearest(provider, region, name) for each in self.lists)
        return most_alike(region, [each for each in found if each is not None])

    def service(self, provider: str, region: str, name: str) -> ListPrice | None:
        """The newest price of one unit of a service in exactly that region, or None."""
        return _newest(each.service(provider, region, name) for each in self.lists)


def _newest(found: Iterable[ListPrice | None]) -> ListPrice | None:
    return max((each for each in found if each is not None), key=lambda each: each.as_of, default=None)


@dataclass(frozen=True, slots=True)
class DiscountedPrices:
    """The same prices, less what a workspace has agreed with a provider that holds on `today`."""

    prices: ListPrices
    discounts: Sequence[Discount]
    today: date

    def instance(self, provider: str, region: str, name: str) -> ListPrice | None:
        """What an instance's hour costs after the discount."""
        return self._less(self.prices.instance(provider, region, name), COMPUTE)

    def nearest(self, provider: str, region: str, name: str) -> ListPrice | None:
        """As the list has it: it is only named, and never summed."""
        return self.prices.nearest(provider, region, name)

    def service(self, provider: str, region: str, name: str) -> ListPrice | None:
        """What one unit of a service costs after the discount."""
        return self._less(self.prices.service(provider, region, name), name)

    def _less(self, price: ListPrice | None, service: str) -> ListPrice | None:
        if price is None:
            return None
        for at, each in enumerate(self.discounts):
            if self._holds(each, price, service):
                source = f"{price.source}, less {plain(each.percent)} % (priceBook.discounts[{at}])"
                with localcontext(prec=60):
                    return replace(price, price=price.price * (100 - each.percent) / Decimal(100), source=source)
        return price

    def _holds(self, discount: Discount, price: ListPrice, service: str) -> bool:
        begun = discount.since is None or discount.since <= self.today
        patterns = ((service, discount.service), (price.name, discount.instance), (price.region, discount.region))
        return (
            discount.provider == price.provider
            and begun
            and (discount.until is None or self.today < discount.until)
            and all(fnmatchcase(text.lower(), pattern.lower()) for text, pattern in patterns)
        )
