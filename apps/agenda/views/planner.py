"""The calendar of a person, and the visits that they plan for a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus

from babel import Locale
from babel.dates import format_date
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from apps.agenda.day import WEEK as DAYS_OF_WEEK
from apps.agenda.day import week_of, within
from apps.agenda.filters import DAY, WEEK, CalendarFilter, DayFilter
from apps.agenda.planner import calendar_of, planned_visits
from apps.core.formats import words
from apps.customers.access import for_customer_roles
from apps.members.access import reader_of
from apps.members.models import Member


@dataclass(frozen=True)
class Place:
    """The address of a page of days: whose, and the way from one day to another."""

    name: str
    member: str
    span: str = ""

    def at(self, day: date | None = None, *, name: str = "", span: str | None = None) -> str:
        asked = {
            "member": self.member,
            "span": self.span if span is None else span,
            "day": within(day).isoformat() if day else "",
        }
        told = urlencode({key: value for key, value in asked.items() if value})
        return f"{reverse(name or self.name)}?{told}" if told else reverse(name or self.name)


@dataclass(frozen=True)
class DayHead:
    """A day above its column; `address` shows it alone."""

    day: date
    weekday: str
    is_today: bool
    is_chosen: bool
    count: int
    address: str


@for_customer_roles
def activity_calendar(request: HttpRequest) -> HttpResponse:
    """A week or a day of oneself, or of somebody whose work one sees."""
    form, reader = CalendarFilter(request.GET, user=request.user), reader_of(request)
    if not form.is_valid():
        return _refused(request, "agenda/calendar.html", form)
    day, member = form.chosen_day(), form.chosen_member(reader)
    span = form.cleaned_data["span"] or WEEK
    place = Place("activity_calendar", str(member.pk) if member != reader else "", span)
    days = [day] if span == DAY else week_of(day, _locale().first_week_day)
    zone = timezone.get_current_timezone()
    calendar = calendar_of(member, reader, days=days, chosen=day, zone=zone)
    step = timedelta(days=1 if span == DAY else DAYS_OF_WEEK)
    context = {
        "form": form,
        "member": member,
        "is_own": member == reader,
        "day": day,
        "is_day": span == DAY,
        "calendar": calendar,
        "heads": [_head(one, day, calendar.counts[one], place) for one in days],
        "strip": [_head(one, day, 0, place) for one in week_of(day, _locale().first_week_day)],
        "span": span,
        "previous_address": place.at(day - step),
        "next_address": place.at(day + step),
        "day_before_address": place.at(day - timedelta(days=1)),
        "day_after_address": place.at(day + timedelta(days=1)),
        "today_address": place.at(),
        "week_address": place.at(day, span=WEEK),
        "day_address": place.at(day, span=DAY),
        "visits_address": place.at(day, name="planned_visits", span=""),
        "list_address": _list_address(member, days),
    }
    return render(request, "agenda/calendar.html", context)


@for_customer_roles
def planned_visits_of_day(request: HttpRequest) -> HttpResponse:
    """Visits and meetings to come on a day, to take along."""
    form, reader = DayFilter(request.GET, user=request.user), reader_of(request)
    if not form.is_valid():
        return _refused(request, "agenda/visits.html", form)
    day, member = form.chosen_day(), form.chosen_member(reader)
    place = Place("planned_visits", str(member.pk) if member != reader else "")
    zone = timezone.get_current_timezone()
    context = {
        "form": form,
        "member": member,
        "is_own": member == reader,
        "day": day,
        "visits": planned_visits(member, reader, day=day, zone=zone),
        "previous_address": place.at(day - timedelta(days=1)),
        "next_address": place.at(day + timedelta(days=1)),
        "today_address": place.at(),
        "calendar_address": place.at(day, name="activity_calendar", span=DAY),
    }
    return render(request, "agenda/visits.html", context)


def _list_address(member: Member, days: Sequence[date]) -> str:
    asked = {"member": str(member.pk), "from": str(days[0]), "to": str(days[-1])}
    return f"{reverse('activities')}?{urlencode(asked)}"


def _refused(request: HttpRequest, template: str, form: DayFilter) -> HttpResponse:
    return render(request, template, {"form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _locale() -> Locale:
    return Locale.parse(words().locale)


def _head(day: date, chosen: date, count: int, place: Place) -> DayHead:
    return DayHead(
        day=day,
        weekday=format_date(day, "EEE", locale=_locale()),
        is_today=day == timezone.localdate(),
        is_chosen=day == chosen,
        count=count,
        address=place.at(day, span=DAY),
    )
