"""The sample site on a real socket, and a real Chromium in front of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from threading import Thread
from typing import cast

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from fairlead.flows.world import World
from fairlead.show.api.access import Access
from fairlead.show.site.application import create_site
from fairlead.show.site.page_server import PageServer, bind, url_of
from tests.unit.web.conftest import TOKEN, Answers, SampleState, SampleWorld, access, answers, lines

__all__ = ["Opened", "access", "answers"]

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Opened = Callable[..., Page]
"""Opens a page of a width and a colour scheme; complaints of its console fail the test."""


@pytest.fixture
def address(answers: Answers, access: Access) -> Iterator[str]:
    """Where the sample site is served, on loopback."""
    answers.lines = lines()
    listening = bind("127.0.0.1", 0)
    site = create_site(cast("World", SampleWorld(SampleState(answers))), access)
    server = PageServer(site, listening, None)
    thread = Thread(target=server.serve, daemon=True)
    thread.start()
    yield url_of(listening, None)
    server.end()
    thread.join(10)
    listening.close()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """The driver."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One browser for all tests."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: install it (Debian: apt-get install -y chromium) to test the pages in it")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def opened(chromium: Browser, address: str) -> Iterator[Opened]:
    """Pages that have come in with the token."""
    complaints: list[str] = []
    contexts = []

    def open_page(width: int = 1440, scheme: str = "light") -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            base_url=address,
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda told: complaints.append(told.text) if told.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(address) else complaints.append(asked.url))
        page.goto(f"/?token={TOKEN}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
