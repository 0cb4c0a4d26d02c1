"""The places of the side bar: what there is, and which roles have use for it.

An entry whose page does not exist in this installation is left out. Hiding an entry protects
nothing: every page checks for itself who may see it.
"""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

type Text = str | Promise

SELLING = frozenset({"rep", "manager", "director", "analyst", "admin"})
FIGURES = frozenset({"manager", "director", "analyst", "admin"})
IMPORTING = frozenset({"manager", "admin"})
RUNNING = frozenset({"admin"})


@dataclass(frozen=True)
class Entry:
    """One place: `name` is its URL name, `family` how the URL names of its pages start."""

    label: Text
    name: str
    icon: str
    roles: frozenset[str]
    family: str | tuple[str, ...]
    # Also in the bar at the bottom of a phone, which has four places and the menu.
    quick: bool = False


@dataclass(frozen=True)
class Group:
    key: str
    label: Text
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Link:
    """An entry as the page prints it."""

    label: Text
    address: str
    icon: str
    is_current: bool
    quick: bool


@dataclass(frozen=True)
class LinkGroup:
    key: str
    label: Text
    links: list[Link]


GROUPS = (
    Group(
        "sell",
        _("Sell"),
        (
            Entry(_("Customers"), "customers", "building-store", SELLING, "customer", quick=True),
            Entry(
                _("Opportunities"),
                "opportunities",
                "filter",
                SELLING,
                "opportunit",
                quick=True,
            ),
            Entry(_("Orders"), "orders", "receipt", SELLING, "order", quick=True),
        ),
    ),
    Group(
        "insight",
        _("Insight"),
        (
            Entry(
                _("Dashboard"), "dashboard", "layout-dashboard", SELLING, "dashboard", quick=True
            ),
            Entry(_("Reports"), "reports", "report", FIGURES, ("report", "weekly_report")),
        ),
    ),
    Group(
        "data",
        _("Data"),
        (
            Entry(_("Import"), "imports", "file-import", IMPORTING, "import"),
            Entry(_("Overnight runs"), "night_runs", "clock-play", RUNNING, "night_run"),
        ),
    ),
)


def _address(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def links_for(role: str | None, current: str) -> list[LinkGroup]:
    """The groups that a role sees, without empty ones; `current` is the URL name of the page."""
    groups = []
    for group in GROUPS:
        links = [
            Link(entry.label, address, entry.icon, current.startswith(entry.family), entry.quick)
            for entry in group.entries
            if role in entry.roles and (address := _address(entry.name)) is not None
        ]
        if links:
            groups.append(LinkGroup(group.key, group.label, links))
    return groups


def first_address(role: str | None) -> str | None:
    """Where a role starts: the dashboard for those who have one, else their first place."""
    if role in SELLING and (dashboard := _address("dashboard")):
        return dashboard
    groups = links_for(role, "")
    return groups[0].links[0].address if groups else None
