"""The places of the side bar: what there is, and who has use for it.

An entry whose page does not exist in this installation is left out. Hiding an entry protects
nothing: every page checks for itself who may see it.
"""

from dataclasses import dataclass
from typing import Protocol

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

type Text = str | Promise

OWN, SUBTREE, ALL = 1, 2, 3


@dataclass(frozen=True)
class Need:
    """A place is for those who read records of a kind at least so far.

    Kinds and reaches are those of `apps.members.roles`, which lies above this app.
    """

    kind: str
    least: int
    # Only for those who also change them.
    to_change: bool = False


CALLING = Need("sales", OWN, to_change=True)
SELLING = Need("sales", OWN)
FIGURES = Need("figures", SUBTREE)
PEOPLE = Need("people", SUBTREE)
IMPORTING = Need("imports", OWN)
AUDITING = Need("audit", OWN)
SETTLING = RUNNING = Need("settings", ALL)


class Reader(Protocol):
    """A member; somebody without a sign-in reaches nothing."""

    def reaches(self, kind: str, least: int, *, changes: bool = False) -> bool: ...


@dataclass(frozen=True)
class Entry:
    """One place: `name` is its URL name, `family` how the URL names of its pages start."""

    label: Text
    name: str
    icon: str
    need: Need
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
        "today",
        _("Today"),
        (Entry(_("My day"), "my_day", "sun", CALLING, "my_day", quick=True),),
    ),
    Group(
        "sell",
        _("Sell"),
        (
            Entry(
                _("Customers"),
                "customers",
                "building-store",
                SELLING,
                ("customer", "pool", "search", "duplicate", "merge"),
                quick=True,
            ),
            Entry(
                _("Activities"),
                "activities",
                "phone",
                SELLING,
                ("activit", "planned_visits"),
            ),
            Entry(
                _("Opportunities"),
                "opportunities",
                "filter",
                SELLING,
                "opportunit",
                quick=True,
            ),
            Entry(_("Orders"), "orders", "receipt", SELLING, "order"),
            Entry(
                _("Call inbox"),
                "calls_inbox",
                "inbox",
                CALLING,
                ("calls_inbox", "call_assign", "call_dismiss"),
            ),
            Entry(_("Follow-ups"), "follow_ups", "calendar-event", SELLING, ("follow_up", "task")),
        ),
    ),
    Group(
        "insight",
        _("Insight"),
        (
            Entry(
                _("Dashboard"), "dashboard", "layout-dashboard", SELLING, "dashboard", quick=True
            ),
            Entry(
                _("Customer base"),
                "tiers",
                "chart-line",
                SELLING,
                ("tiers", "service", "lifecycle", "satisfaction"),
            ),
            Entry(_("Reports"), "reports", "report", FIGURES, ("report", "weekly_report")),
        ),
    ),
    Group(
        "organisation",
        _("People"),
        (
            Entry(_("People"), "people", "users", PEOPLE, ("people", "member", "invitation")),
            Entry(_("Teams"), "teams", "sitemap", PEOPLE, ("team", "membership_end")),
            Entry(_("Audit log"), "audit_log", "history", AUDITING, "audit_"),
            Entry(
                _("Settings"),
                "organisation_settings",
                "settings",
                SETTLING,
                (
                    "organisation",
                    "position",
                    "screening_",
                    "tier_settings",
                    "personal_data",
                    "pool_settings",
                    "phone_",
                    "call_settings",
                    "outcome_rule",
                ),
            ),
        ),
    ),
    Group(
        "data",
        _("Data"),
        (
            Entry(_("Import"), "imports", "file-import", IMPORTING, ("import", "customer_import")),
            Entry(_("Overnight runs"), "night_runs", "clock-play", RUNNING, "night_run"),
        ),
    ),
)


def _address(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def has_use(reader: Reader | None, need: Need) -> bool:
    return reader is not None and reader.reaches(need.kind, need.least, changes=need.to_change)


def _closeness(entry: Entry, current: str) -> int:
    """How much of the page's URL name the entry's family says; 0: it is none of its pages."""
    families = (entry.family,) if isinstance(entry.family, str) else entry.family
    return max((len(family) for family in families if current.startswith(family)), default=0)


def links_for(reader: Reader | None, current: str) -> list[LinkGroup]:
    """The groups that somebody sees, without empty ones; `current` is the URL name of the page."""
    groups = []
    # Of two families that fit, the one that says more: “pool_settings” before “pool”.
    nearest = max(_closeness(entry, current) for group in GROUPS for entry in group.entries)
    for group in GROUPS:
        links = [
            Link(
                entry.label,
                address,
                entry.icon,
                0 < nearest == _closeness(entry, current),
                entry.quick,
            )
            for entry in group.entries
            if has_use(reader, entry.need) and (address := _address(entry.name)) is not None
        ]
        if links:
            groups.append(LinkGroup(group.key, group.label, links))
    return groups


def first_address(reader: Reader | None) -> str | None:
    """Where somebody starts: the dashboard for those who have one, else their first place."""
    if has_use(reader, SELLING) and (dashboard := _address("dashboard")):
        return dashboard
    groups = links_for(reader, "")
    return groups[0].links[0].address if groups else None
