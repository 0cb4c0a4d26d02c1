"""Reads of the pages on which somebody moves or leaves."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, Count, Exists, OuterRef, Sum, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.models import Organisation
from apps.funnel.models import Opportunity, State
from apps.members.choosing import people_to_choose
from apps.members.models import Member, Membership, Team
from apps.members.querysets import MemberQuerySet, Viewer, reads
from apps.members.roles import Reach, RecordKind
from apps.members.selectors import primary_team_on
from apps.staffing.holdings import HOLDINGS, Holding, Share
from apps.staffing.models import Departure

# As many as a page of boxes to tick bears.
MOST_COLLEAGUES = 40


@dataclass(frozen=True)
class OpenWork:
    """The open opportunities of somebody; `value` is None where none has one."""

    count: int
    value: Decimal | None


@dataclass(frozen=True)
class ShareRow:
    """A line of the preview or of the record: what goes to whom; `where` where it is nobody."""

    to: Member | None
    where: str | Promise
    count: int
    value: Decimal | None
    # Why it goes there against the plan.
    note: str = ""


@dataclass(frozen=True)
class HoldingRow:
    """A kind of record with its shares; `count` is None for who reads no customers."""

    label: str | Promise
    count: int | None
    shares: list[ShareRow]
    is_sales: bool


def reads_sales(user: Viewer) -> bool:
    """Numbers of customers and opportunities are for those who read them; HR does not."""
    return reads(user, RecordKind.SALES) >= Reach.SUBTREE


def open_work(member: Member) -> OpenWork:
    rows = Opportunity.objects.filter(owner=member, state=State.OPEN)
    return OpenWork(**rows.aggregate(count=Count("pk"), value=Sum("value")))


def teams_led(member: Member) -> list[Team]:
    return list(Team.objects.filter(lead=member, closed_on__isnull=True).order_by("name", "pk"))


def colleagues(member: Member, user: Viewer) -> MemberQuerySet:
    """People near the member who can own customers: of the team first, then of the teams beside it.

    At most so many as one can tick; a single person is chosen by name.
    """
    today = Organisation.current().today()
    people = people_to_choose(user, "own").exclude(pk=member.pk)
    team = primary_team_on(member, today)
    if team is None:
        return people.none()
    running = Membership.objects.running_on(today).filter(is_primary=True, member=OuterRef("pk"))
    unit = team.path[-2] if len(team.path) > 1 else team.pk
    near = people.filter(Exists(running.filter(team__path__contains=[unit])))
    is_close = Exists(running.filter(team=team))
    ranked = near.annotate(place=Case(When(is_close, then=Value(0)), default=Value(1)))
    first = ranked.order_by("place", "name", "pk").values("pk")[:MOST_COLLEAGUES]
    return people.filter(pk__in=list(first.values_list("pk", flat=True))).order_by("name", "pk")


def counts_of(member: Member) -> list[tuple[Holding, int]]:
    """What the member holds, by kind; customers and opportunities even where there are none."""
    counted = [(holding, holding.count(member)) for holding in HOLDINGS]
    return [(holding, n) for holding, n in counted if n or holding.is_sales]


def preview_rows(found: Iterable[tuple[Holding, list[Share]]], user: Viewer) -> list[HoldingRow]:
    return [
        _row(holding, [(s.to, s.count, s.value, s.note) for s in shares], user)
        for holding, shares in found
    ]


def departure_rows(departure: Departure, user: Viewer) -> list[HoldingRow]:
    """What went where when somebody left, as it was written down then."""
    people = Member.objects.in_bulk({share["to"] for share in departure.shares if share["to"]})
    rows = []
    for holding in HOLDINGS:
        shares = [
            (
                people.get(share["to"]),
                share["count"],
                None if share["value"] is None else Decimal(share["value"]),
                share.get("note", ""),
            )
            for share in departure.shares
            if share["holding"] == holding.name
        ]
        rows.append(_row(holding, shares, user))
    return rows


def _row(
    holding: Holding, shares: list[tuple[Member | None, int, Decimal | None, str]], user: Viewer
) -> HoldingRow:
    if holding.is_sales and not reads_sales(user):
        return HoldingRow(holding.label, None, [], holding.is_sales)
    where = _("The pool") if holding.name == "customers" else _("Nobody: they end")
    lines = [ShareRow(to, where, count, value, note) for to, count, value, note in shares]
    total = sum(count for _to, count, _value, _note in shares)
    return HoldingRow(holding.label, total, lines, holding.is_sales)
