"""What is asked of providers' list prices."""

from __future__ import annotations

from typing import Protocol

from fairlead.domain.price_list import ListPrice

__all__ = ["ListPrices"]


class ListPrices(Protocol):
    """On-demand prices by provider (`aws`, `azure`, `google`), region and name; letters' case does not matter."""

    def instance(self, provider: str, region: str, name: str) -> ListPrice | None:
        """The price of an instance's hour in exactly that region, or None."""

    def nearest(self, provider: str, region: str, name: str) -> ListPrice | None:
        """The same instance type in the known region whose name is most alike: for a message, never for a sum."""

    def service(self, provider: str, region: str, name: str) -> ListPrice | None:
        """The price of one unit of a service (`lambda-request`, `eks-cluster`) in exactly that region, or None."""
