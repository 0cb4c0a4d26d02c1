"""Follow-ups and tasks that are due and coming, in groups of days."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import Count, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.activities.models import FollowUp, Task, TaskState
from apps.activities.planning.days import Span, is_passed, spans
from apps.activities.planning.services import now_of
from apps.core.paging import list_fetch_mode
from apps.customers.models import Customer
from apps.members.models import Member
from apps.members.querysets import reads
from apps.members.roles import Reach, RecordKind

# Rows that a group shows before it is opened, and those of a page of an opened one.
CAP, PAGE = 8, 25
STEP, TASK = 0, 1
# What has no time of day comes after what has one.
LAST = time.max

type Key = tuple[date, time, int, int]


@dataclass(frozen=True)
class PlannedLine:
    """A follow-up or a task as the reader sees it; `days` until it is due on the reader's day.

    `customer` is None where there is none or the reader does not see it.
    """

    row: Any  # a FollowUp or a Task
    is_task: bool
    customer: Customer | None
    who: Member
    is_mine: bool
    may_change: bool
    days: int
    zone: str

    @property
    def is_overdue(self) -> bool:
        return self.days < 0

    @property
    def days_late(self) -> int:
        return -self.days

    @property
    def is_time_passed(self) -> bool:
        """Due earlier today by the clock of who has it."""
        return is_passed(self.row.due_on, self.row.due_at, now=now_of(self.who))


@dataclass(frozen=True)
class Group:
    """`count` of all rows, of which `lines` are the first."""

    key: str
    count: int
    lines: list[PlannedLine]

    @property
    def is_cut(self) -> bool:
        return self.count > len(self.lines)


@dataclass(frozen=True)
class Planned:
    """Open follow-ups and tasks that one asks for; either may be left out (None)."""

    steps: Any
    tasks: Any

    @cached_property
    def parts(self) -> list[tuple[int, Any]]:
        both = ((STEP, self.steps), (TASK, self.tasks))
        return [(kind, rows) for kind, rows in both if rows is not None]


def planned_of(user: Member, people: Collection[int] | None) -> Planned:
    """What is open of these members (ids), as far as the reader sees it; None: of everybody seen."""
    steps = FollowUp.objects.visible_to(user).filter(done_at__isnull=True)
    tasks = Task.objects.visible_to(user).filter(state=TaskState.OPEN)
    if people is not None:
        steps, tasks = steps.filter(owner__in=people), tasks.filter(assignee__in=people)
    return Planned(steps, tasks)


def people_led(user: Member) -> list[int] | None:
    """The reader and everyone whom they lead; None for who reads all."""
    if reads(user, RecordKind.SALES) is Reach.ALL:
        return None
    return list(Member.objects.visible_to(user).values_list("pk", flat=True))


def _within(span: Span) -> Q:
    found = Q()
    if span.first is not None:
        found &= Q(due_on__gte=span.first)
    if span.last is not None:
        found &= Q(due_on__lte=span.last)
    return found


def counts(planned: Planned, today: date) -> dict[str, int]:
    """Rows of each group; one query a kind."""
    groups = spans(today)
    asked = {one.key: Count("pk", filter=_within(one)) for one in groups}
    found = [rows.order_by().aggregate(**asked) for _kind, rows in planned.parts]
    return {one.key: sum(row[one.key] for row in found) for one in groups}


def grouped(planned: Planned, user: Member, today: date) -> list[Group]:
    """Each group of days with its count and its first rows. The same queries for any number."""
    groups, total = [one for one in spans(today) if not one.is_empty], counts(planned, today)
    found: list[tuple[int, Any]] = []
    for kind, rows in planned.parts:
        first = [_ordered(rows.filter(_within(one)))[:CAP] for one in groups]
        # A combined statement needs the columns that its parts are ordered by.
        named = [one.values("due_on", "due_time", "pk") for one in first]
        keys = named[0].union(*named[1:], all=True)
        loaded = _loaded(kind, [key["pk"] for key in keys])
        found += [(kind, row) for row in loaded]
    lines = _lines(found, user, today)
    return [
        Group(one.key, total[one.key], [x for x in lines if one.has(x.row.due_on)][:CAP])
        for one in groups
    ]


def page_of_group(
    planned: Planned, user: Member, span: Span, *, after: Key | None, today: date
) -> tuple[list[PlannedLine], Key | None]:
    """Rows of one group after a key, and the key of the next page, or None at the end."""
    found: list[tuple[int, Any]] = []
    for kind, rows in planned.parts:
        inside = _ordered(rows.filter(_within(span)))
        if after is not None:
            inside = inside.filter(_after(after, kind))
        keys = list(inside.values_list("pk", flat=True)[: PAGE + 1])
        found += [(kind, row) for row in _loaded(kind, keys)]
    found.sort(key=_key)
    page = found[:PAGE]
    return _lines(page, user, today), _key(page[-1]) if len(found) > PAGE else None


def _ordered(rows: Any) -> Any:  # noqa: ANN401 - of either model
    timed = rows.annotate(due_time=Coalesce("due_at", Value(LAST, models.TimeField())))
    return timed.order_by("due_on", "due_time", "pk")


def _key(found: tuple[int, Any]) -> Key:
    kind, row = found
    return row.due_on, row.due_at or LAST, kind, row.pk


def _after(key: Key, kind: int) -> Q:
    day, at, of, pk = key
    later = Q(due_time__gt=at)
    if kind > of:
        later |= Q(due_time=at)
    elif kind == of:
        later |= Q(due_time=at, pk__gt=pk)
    return Q(due_on__gte=day) & (Q(due_on__gt=day) | later)


def _loaded(kind: int, keys: Sequence[int]) -> list[Any]:
    """The rows with what a line prints."""
    who = "owner" if kind == STEP else "assignee"
    model: Any = FollowUp if kind == STEP else Task
    rows = model.objects.filter(pk__in=keys).select_related(who)
    if kind == STEP:
        rows = rows.select_related("contact")
    return list(rows.fetch_mode(list_fetch_mode()))


def _lines(found: Iterable[tuple[int, Any]], user: Member, today: date) -> list[PlannedLine]:
    """In their order, with the customers that the reader sees and what they may change."""
    rows = sorted(found, key=_key)
    named = {row.customer_id for _kind, row in rows} - {None}
    seen = Customer.objects.visible_to(user).only("name", "tier").in_bulk(named)
    own = Customer.objects.editable_by(user).filter(pk__in=named)
    changeable = set(own.values_list("pk", flat=True))
    tasks = [row.pk for kind, row in rows if kind == TASK]
    mine = Task.objects.editable_by(user).filter(pk__in=tasks)
    tasks_changeable = set(mine.values_list("pk", flat=True))
    zone = str(timezone.get_current_timezone())
    lines = []
    for kind, row in rows:
        who = row.owner if kind == STEP else row.assignee
        may = row.customer_id in changeable if kind == STEP else row.pk in tasks_changeable
        lines.append(
            PlannedLine(
                row=row,
                is_task=kind == TASK,
                customer=seen.get(row.customer_id),
                who=who,
                is_mine=who.pk == user.pk,
                may_change=may,
                days=(row.due_on - today).days,
                zone=who.time_zone if who.time_zone != zone else "",
            )
        )
    return lines


def line_of(row: FollowUp | Task, user: Member, today: date) -> PlannedLine:
    """One follow-up (with `owner` and `contact`) or task (with `assignee`) for a reader."""
    return _lines([(TASK if isinstance(row, Task) else STEP, row)], user, today)[0]


def tasks_of(customer: Customer, user: Member, today: date) -> list[PlannedLine]:
    """Open tasks about a customer, the nearest first, as far as a page has room."""
    rows = Task.objects.visible_to(user).filter(customer=customer, state=TaskState.OPEN)
    found = _ordered(rows.select_related("assignee"))[:PAGE]
    return _lines([(TASK, row) for row in found], user, today)
