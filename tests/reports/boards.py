"""What a dashboard page prints: its figures with their addresses, and the rows behind them."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Protocol

from django.test import Client

ROW = {
    "/orders/": re.compile(r'href="/orders/(\d+)/'),
    "/opportunities/": re.compile(r'href="/opportunities/(\d+)/'),
}


class Page(Protocol):
    """A response that is there as a whole."""

    @property
    def content(self) -> bytes: ...


class FigureParser(HTMLParser):
    """Collects `data-figure` elements: name → (address of the link it is in, text)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, tuple[str, str]] = {}
        self._address = ""
        self._open: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self._address = given.get("href") or ""
        name = given.get("data-figure")
        if tag in {"a", "span"}:
            self._open.append((tag, name))
        if name:
            self.found[name] = (self._address, "")

    def handle_endtag(self, tag: str) -> None:
        if self._open and tag == self._open[-1][0]:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for _tag, name in self._open:
            if name:
                address, text = self.found[name]
                self.found[name] = address, " ".join(f"{text} {data}".split())


def figures(response: Page) -> dict[str, str]:
    """The printed text of every figure by its name."""
    return {name: text for name, (_address, text) in _parsed(response).items()}


def addresses(response: Page) -> dict[str, str]:
    """Where every figure leads."""
    return {name: unescape(address) for name, (address, _text) in _parsed(response).items()}


def _parsed(response: Page) -> dict[str, tuple[str, str]]:
    parser = FigureParser()
    parser.feed(response.content.decode())
    return parser.found


def rows_listed(client: Client, address: str) -> int:
    """How many orders or opportunities the first page of a list shows."""
    response = client.get(address)
    assert response.status_code == 200, address
    pattern = next(found for start, found in ROW.items() if address.startswith(start))
    return len(set(pattern.findall(response.content.decode())))
