"""The page and the API as one application. The two do not know one another; here they meet."""

from __future__ import annotations

from fastapi import FastAPI

from fairlead.flows.world import World
from fairlead.show.api.access import Access
from fairlead.show.api.app import create_app
from fairlead.show.web.pages import WebPages

__all__ = ["create_site"]


def create_site(world: World, access: Access) -> FastAPI:
    """Pages under `/`, the API under `/api/v1`, probes, metrics and webhook, behind one guard."""
    return create_app(world, access, WebPages(world))
