"""Signs by which the stage of a team shows, each with its n and the rows behind it.

Figures of sales come from `apps.metrics`; days are the `SIGN_DAYS` up to today and as many before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import F, Max, Q
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import formats
from apps.funnel.models import Opportunity, OwnerChange, State
from apps.members.models import Member, Membership, Team, TeamStage
from apps.members.querysets import Viewer
from apps.members.roles import AccessRole
from apps.metrics.change import relative_change
from apps.metrics.results import MemberRow
from apps.metrics.selectors import leaderboard, scope_of_team, totals
from apps.staffing.team_panels_figures import Spread, best_share, middle, share, spread
from apps.staffing.team_panels_load import people_of

SIGN_DAYS = 90
NEW_DAYS = 60
QUIET_DAYS = 14
# From this ratio of the best result to the median on, results spread wide.
WIDE = Decimal(2)
# The best member carries the team with a share so many times an equal one, and a quarter at least.
CARRIED = 2
CARRIED_LEAST = Decimal("0.25")
NAMED = 5

type Text = str | Promise


@dataclass(frozen=True)
class Person:
    """Somebody named beside a figure, with the rows behind it."""

    name: str
    address: str
    text: str = ""


@dataclass(frozen=True)
class Sign:
    """One figure; `kind` says how `value` is written: percent, ratio, days, number, change, day.

    `is_on` is None where there is no basis to say whether the sign shows.
    """

    label: Text
    value: Decimal | int | date | None
    kind: str
    basis: str
    is_on: bool | None
    reading: str
    address: str = ""
    people: Sequence[Person] = field(default_factory=tuple)


@dataclass(frozen=True)
class Window:
    """The days looked at, both included, and as many just before."""

    start: date
    end: date

    @property
    def before(self) -> tuple[date, date]:
        return self.start - timedelta(days=SIGN_DAYS), self.start - timedelta(days=1)


def window_to(day: date) -> Window:
    return Window(day - timedelta(days=SIGN_DAYS - 1), day)


def signs_of(team: Team, stage: TeamStage, user: Viewer, day: date) -> list[Sign]:
    """The signs of one stage."""
    makers: dict[TeamStage, Callable[[Team, Viewer, date], list[Sign]]] = {
        TeamStage.FORMING: _forming,
        TeamStage.STORMING: _storming,
        TeamStage.NORMING: _norming,
        TeamStage.PERFORMING: _performing,
    }
    return makers[stage](team, user, day)


def _forming(team: Team, user: Viewer, day: date) -> list[Sign]:
    people = list(people_of(team, day).order_by("name", "pk"))
    reps = [person for person in people if person.role is AccessRole.REP]
    return [
        _newcomers(team, people, day),
        _without_work(team, reps, user),
        _quiet(reps, user, day),
    ]


def _newcomers(team: Team, people: Sequence[Member], day: date) -> Sign:
    """Whose first day in the team or below it, in the time that runs, is under 60 days ago."""
    old = Membership.objects.running_on(day).filter(
        team__in=Team.objects.subtree_of(team).values("pk"),
        starts_on__lte=day - timedelta(days=NEW_DAYS),
        member__in=[person.pk for person in people],
    )
    settled = old.values("member").distinct().count()
    new = len(people) - settled
    rate = share(new, len(people))
    return Sign(
        label=_("Under %(days)s days in the team") % {"days": NEW_DAYS},
        value=rate,
        kind="percent",
        basis=_("%(part)s of %(n)s members") % {"part": new, "n": len(people)},
        is_on=None if rate is None else rate >= Decimal("0.5"),
        reading=_("At least half are new: the team is still finding itself."),
        address=f"{reverse('team', args=[team.slug])}#members",
    )


def _without_work(team: Team, reps: Sequence[Member], user: Viewer) -> Sign:
    busy = set(
        Opportunity.objects.visible_to(user)
        .filter(owner__in=[rep.pk for rep in reps], state=State.OPEN)
        .order_by()
        .values_list("owner", flat=True)
        .distinct()
    )
    idle = [rep for rep in reps if rep.pk not in busy]
    return Sign(
        label=_("Reps without an open opportunity"),
        value=len(idle) if reps else None,
        kind="number",
        basis=_("of %(n)s reps") % {"n": len(reps)},
        is_on=bool(idle) if reps else None,
        reading=_("Give each of them a first list of customers."),
        address=_list("opportunities", team=team.slug, state="open"),
        people=[Person(rep.name, _list("customers", owner=rep.pk)) for rep in idle[:NAMED]],
    )


def _quiet(reps: Sequence[Member], user: Viewer, day: date) -> Sign:
    """Days since the last level change among the opportunities that each one owns."""
    rows = Opportunity.objects.visible_to(user).filter(owner__in=[rep.pk for rep in reps])
    moved = (
        rows.order_by().values("owner").annotate(last=Max(Greatest("level_since_on", "closed_on")))
    )
    last = {row["owner"]: row["last"] for row in moved}
    known = [((day - last[rep.pk]).days, rep) for rep in reps if rep.pk in last]
    known.sort(key=lambda pair: (-pair[0], pair[1].name))
    slow = [(days, rep) for days, rep in known if days >= QUIET_DAYS]
    return Sign(
        label=_("Days since each one's last level change, median"),
        value=middle([days for days, _rep in known]),
        kind="days",
        basis=_("%(known)s of %(n)s reps") % {"known": len(known), "n": len(reps)},
        is_on=bool(slow) if known else None,
        reading=_("Somebody has moved nothing for %(days)s days or longer: look at it with them.")
        % {"days": QUIET_DAYS},
        people=[
            Person(rep.name, _list("opportunities", owner=rep.pk), formats.days(days))
            for days, rep in slow[:NAMED]
        ],
    )


def _storming(team: Team, user: Viewer, day: date) -> list[Sign]:
    window = window_to(day)
    rows = _results(team, window)
    return [
        _spread_now(team, rows, window),
        _changed_hands(team, user, window),
        _left(team, window),
    ]


def _results(team: Team, window: Window) -> list[MemberRow]:
    return leaderboard(scope_of_team(team), window.start, window.end, window.before)


def _spread_now(team: Team, rows: Sequence[MemberRow], window: Window) -> Sign:
    found = spread([row.revenue for row in rows])
    ratio = found.ratio if found else None
    return Sign(
        label=_("Best result ÷ median, revenue of %(days)s days") % {"days": SIGN_DAYS},
        value=ratio,
        kind="ratio",
        basis=_("%(n)s members") % {"n": len(rows)},
        is_on=None if ratio is None else ratio >= WIDE,
        reading=_("Results spread wide: let core members take others along."),
        address=_list("orders", team=team.slug, **{"from": window.start, "to": window.end}),
    )


def _changed_hands(team: Team, user: Viewer, window: Window) -> Sign:
    """Opportunities of the team that passed to another owner."""
    teams = list(Team.objects.subtree_of(team).values_list("pk", flat=True))
    changes = OwnerChange.objects.visible_to(user).filter(
        Q(from_team__in=teams) | Q(to_team__in=teams), on__range=(window.start, window.end)
    )
    n = changes.exclude(from_owner=F("to_owner")).count()
    return Sign(
        label=_("Opportunities that changed hands, %(days)s days") % {"days": SIGN_DAYS},
        value=n,
        kind="number",
        basis=_("of the team and the teams below it"),
        is_on=n > 0,
        reading=_("Customers meet new faces: see that each change is explained to them."),
    )


def _left(team: Team, window: Window) -> Sign:
    """People whose last day in the team or below it lies in the days looked at."""
    below = Team.objects.subtree_of(team).values("pk")
    here = Membership.objects.running_on(window.end).filter(team__in=below).values("member")
    ended = Membership.objects.filter(
        team__in=below, ends_on__gt=window.start, ends_on__lte=window.end
    ).exclude(member__in=here)
    names = list(ended.order_by("member__name").values_list("member__name", flat=True).distinct())
    before = Membership.objects.running_on(window.start).filter(team__in=below)
    n = before.values("member").distinct().count()
    return Sign(
        label=_("Members who left, %(days)s days") % {"days": SIGN_DAYS},
        value=len(names),
        kind="number",
        basis=_("of %(n)s members at the start") % {"n": n},
        is_on=bool(names),
        reading=_("Ask those who stay what they think of it."),
        address=f"{reverse('team', args=[team.slug])}?former=1#former",
        people=[Person(name, "") for name in names[:NAMED]],
    )


def _norming(team: Team, user: Viewer, day: date) -> list[Sign]:  # noqa: ARG001 - as the others
    window = window_to(day)
    rows = _results(team, window)
    now = spread([row.revenue for row in rows])
    earlier = [row.previous_revenue for row in rows if row.previous_revenue is not None]
    return [_narrowing(team, now, spread(earlier), window), _stable(team, day)]


def _narrowing(team: Team, now: Spread | None, before: Spread | None, window: Window) -> Sign:
    ratio = now.ratio if now else None
    old = before.ratio if before else None
    is_on = None if ratio is None or old is None else ratio < old
    basis = _("no comparison with the %(days)s days before") % {"days": SIGN_DAYS}
    if old is not None:
        basis = _("after %(ratio)s × in the %(days)s days before, %(n)s members") % {
            "ratio": formats.number(old, 1),
            "days": SIGN_DAYS,
            "n": now.n if now else 0,
        }
    return Sign(
        label=_("Best result ÷ median, revenue of %(days)s days") % {"days": SIGN_DAYS},
        value=ratio,
        kind="ratio",
        basis=basis,
        is_on=is_on,
        reading=_("Results come closer together: habits settle."),
        address=_list("orders", team=team.slug, **{"from": window.start, "to": window.end}),
    )


def _stable(team: Team, day: date) -> Sign:
    """The latest day on which anybody came to the team or below it, or left."""
    rows = Membership.objects.filter(team__in=Team.objects.subtree_of(team).values("pk"))
    last = rows.aggregate(
        came=Max("starts_on", filter=Q(starts_on__lte=day)),
        went=Max("ends_on", filter=Q(ends_on__lte=day)),
    )
    since: date | None = max((on for on in last.values() if on), default=None)
    days = (day - since).days if since else None
    return Sign(
        label=_("The same people since"),
        value=since,
        kind="day",
        basis=formats.days(days) if days is not None else "",
        is_on=None if days is None else days >= NEW_DAYS,
        reading=_("Nobody came or left for two months: habits can settle."),
        address=f"{reverse('team', args=[team.slug])}?former=1#members",
    )


def _performing(team: Team, user: Viewer, day: date) -> list[Sign]:  # noqa: ARG001 - as the others
    window = window_to(day)
    scope = scope_of_team(team)
    rows = leaderboard(scope, window.start, window.end, window.before)
    sums = totals(scope, window.start, window.end, window.before)
    change = relative_change(sums.revenue.value, sums.previous_revenue.value)
    best = best_share([row.revenue for row in rows])
    orders = _list("orders", team=team.slug, **{"from": window.start, "to": window.end})
    growth = Sign(
        label=_("Revenue against the %(days)s days before") % {"days": SIGN_DAYS},
        value=change,
        kind="change",
        basis=ngettext("%(n)s order", "%(n)s orders", sums.revenue.orders)
        % {"n": sums.revenue.orders},
        is_on=None if change is None else change > 0,
        reading=_("It grows by itself: raise the goal together with its plan."),
        address=orders,
    )
    top = [
        Person(row.member.name, f"{orders}&{urlencode({'member': row.member.pk})}")
        for row in rows[:1]
        if best is not None
    ]
    carried = Sign(
        label=_("Share of the best member, revenue of %(days)s days") % {"days": SIGN_DAYS},
        value=best,
        kind="percent",
        basis=_("of %(n)s members") % {"n": len(rows)},
        is_on=None if best is None else best < max(Decimal(CARRIED) / len(rows), CARRIED_LEAST),
        reading=_("No single person carries the team."),
        address=orders,
        people=top,
    )
    return [growth, carried]


def _list(name: str, **filters: object) -> str:
    return f"{reverse(name)}?{urlencode({key: str(value) for key, value in filters.items()})}"
