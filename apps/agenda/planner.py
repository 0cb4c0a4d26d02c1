"""Reads of the calendar and of planned visits: what a person did, and what they plan to do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, Value, When
from django.utils import timezone

from apps.activities.models import Activity, FollowUp
from apps.activities.planning.days import zone_of
from apps.agenda.day import begins, ends, hours_shown, within
from apps.customers.models import Channel, Contact, DecisionRole
from apps.customers.selectors import ContactLine, contact_line
from apps.members.models import Member
from apps.members.querysets import Viewer, reads_contact_data

# Entries of a week beyond which a calendar says that there are more; a person rarely has as many.
MOST_ENTRIES = 500
ONE_DAY = timedelta(days=1)
# For these somebody goes to the customer, or the customer comes.
VISITING = (Channel.VISIT, Channel.MEETING)


@dataclass(frozen=True)
class Entry:
    """An activity or a planned step in the reader's zone; without `at` it is of the whole day."""

    day: date
    at: datetime | None
    until: datetime | None = None
    activity: Activity | None = None
    follow_up: FollowUp | None = None
    # Planned, and its day is over.
    is_late: bool = False

    @property
    def told(self) -> Activity | FollowUp | None:
        return self.activity or self.follow_up


@dataclass(frozen=True)
class Cell:
    """What begins in an hour of a day, or is of the whole day."""

    day: date
    is_chosen: bool
    entries: list[Entry]


@dataclass(frozen=True)
class Hour:
    """A row of the calendar: the hour from `hour` o'clock, and a cell for each day."""

    hour: int
    cells: list[Cell]


@dataclass(frozen=True)
class Calendar:
    """Some days of a person; `is_cut` where there is more than is shown."""

    days: list[date]
    whole_days: list[Cell]
    hours: list[Hour]
    counts: dict[date, int] = field(default_factory=dict)
    is_cut: bool = False

    @property
    def is_empty(self) -> bool:
        return not any(self.counts.values())

    @property
    def has_whole_days(self) -> bool:
        return any(cell.entries for cell in self.whole_days)


def calendar_of(
    member: Member, reader: Viewer, *, days: Sequence[date], chosen: date, zone: ZoneInfo
) -> Calendar:
    """What the member did and plans on the days of the reader's zone, with customers one sees.

    Two queries and those of what they name, whatever there is.
    """
    done = _done(member, reader, days, zone)
    planned = _planned(member, reader, days, zone)
    entries = sorted([*done[:MOST_ENTRIES], *planned[:MOST_ENTRIES]], key=_order)
    timed = [entry for entry in entries if entry.at is not None]
    shown = hours_shown(entry.at.hour for entry in timed if entry.at is not None)
    return Calendar(
        days=list(days),
        whole_days=_cells(days, chosen, [entry for entry in entries if entry.at is None]),
        hours=[
            Hour(
                hour,
                _cells(days, chosen, [one for one in timed if one.at and one.at.hour == hour]),
            )
            for hour in shown
        ],
        counts={day: sum(entry.day == day for entry in entries) for day in days},
        is_cut=max(len(done), len(planned)) > MOST_ENTRIES,
    )


def _order(entry: Entry) -> tuple[date, bool, datetime]:
    # By the instant: where a clock is put back, the same time of day comes twice.
    at = entry.at or datetime.min.replace(tzinfo=UTC)
    return entry.day, entry.at is not None, at.astimezone(UTC)


def _cells(days: Sequence[date], chosen: date, entries: Iterable[Entry]) -> list[Cell]:
    known = list(entries)
    return [Cell(day, day == chosen, [one for one in known if one.day == day]) for day in days]


def _done(member: Member, reader: Viewer, days: Sequence[date], zone: ZoneInfo) -> list[Entry]:
    seen = Activity.objects.visible_to(reader).filter(
        member=member, at__gte=begins(days[0], zone), at__lt=ends(days[-1], zone)
    )
    rows = seen.select_related("customer", "contact").order_by("at", "pk")
    return [_entry_of(row, zone) for row in rows[: MOST_ENTRIES + 1]]


def _entry_of(row: Activity, zone: ZoneInfo) -> Entry:
    at = row.at.astimezone(zone)
    lasted = timedelta(minutes=row.minutes) if row.minutes else None
    until = (row.at + lasted).astimezone(zone) if lasted else None
    return Entry(at.date(), at, until, activity=row)


def _planned(member: Member, reader: Viewer, days: Sequence[date], zone: ZoneInfo) -> list[Entry]:
    """Open steps. A time is one of the member's zone, so that it may fall on a day beside."""
    around = (within(days[0] - ONE_DAY), within(days[-1] + ONE_DAY))
    rows = _open_steps(member, reader).filter(due_on__range=around)
    today = timezone.now().astimezone(zone).date()
    entries = [
        planned_entry(row, member, zone, today)
        for row in rows.order_by("due_on", "due_at", "pk")[: MOST_ENTRIES + 1]
    ]
    return [entry for entry in entries if days[0] <= entry.day <= days[-1]]


def _open_steps(member: Member, reader: Viewer) -> Any:  # noqa: ANN401 - a queryset
    seen = FollowUp.objects.visible_to(reader).filter(owner=member, done_at__isnull=True)
    return seen.select_related("customer", "contact")


def planned_entry(row: FollowUp, member: Member, zone: ZoneInfo, today: date) -> Entry:
    """A planned step of the member on the reader's clock; without a time it stays on its day."""
    day, at = row.due_on, None
    if row.due_at is not None:
        theirs = zone_of(member.time_zone, zone)
        at = datetime.combine(row.due_on, row.due_at, theirs).astimezone(UTC).astimezone(zone)
        day = at.date()
    return Entry(day, at, follow_up=row, is_late=day < today)


# ── Visits ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class PlannedVisit:
    """A visit or a meeting to come, and whom one meets; phone and email may be masked."""

    entry: Entry
    follow_up: FollowUp
    contact: ContactLine | None


def planned_visits(
    member: Member, reader: Viewer, *, day: date, zone: ZoneInfo
) -> list[PlannedVisit]:
    """The member's open visits and meetings of a day, those without a time first.

    Whom one meets is the contact that was planned, else who decides there, else the first by name.
    """
    around = (within(day - ONE_DAY), within(day + ONE_DAY))
    rows = _open_steps(member, reader).filter(due_on__range=around, channel__in=VISITING)
    today = timezone.now().astimezone(zone).date()
    entries = [planned_entry(row, member, zone, today) for row in rows[: MOST_ENTRIES + 1]]
    found = sorted((entry for entry in entries if entry.day == day), key=_order)
    steps = [entry.follow_up for entry in found if entry.follow_up is not None]
    met = _contacts_for(steps, reader)
    return [
        PlannedVisit(entry, step, met.get(step.pk))
        for entry, step in zip(found, steps, strict=True)
    ]


def _contacts_for(steps: Sequence[FollowUp], reader: Viewer) -> dict[int, ContactLine]:
    """The contact of each step (by its id) that has one."""
    decides = Case(When(decision_role=DecisionRole.DECISION_MAKER, then=Value(0)), default=Value(1))
    seen = Contact.objects.visible_to(reader).filter(
        customer__in={step.customer_id for step in steps}
    )
    rows = list(seen.order_by("customer_id", "is_former", decides, "name", "pk"))
    by_id = {row.pk: row for row in rows}
    first: dict[int, Contact] = {}
    for row in rows:
        if not row.is_former:
            first.setdefault(row.customer_id, row)
    is_masked = not reads_contact_data(reader)
    found = {step.pk: by_id.get(step.contact_id) or first.get(step.customer_id) for step in steps}
    return {
        pk: contact_line(contact, is_masked=is_masked)
        for pk, contact in found.items()
        if contact is not None
    }
