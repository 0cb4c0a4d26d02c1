"""The organisation's settings, its first set-up, and its calendar."""

from datetime import MAXYEAR, date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.answers import form_page, refuse, refuse_fields
from apps.core.calendars import CalendarYear, WorkCalendar, current_calendar, year_of
from apps.core.errors import DomainError
from apps.core.kept_text import kept_initial
from apps.core.models import Organisation
from apps.members import organisation as services
from apps.members.access import for_administrators, reader_of
from apps.members.forms.settings import CalendarDayForm, FirmForm, SettingsForm

both = require_http_methods(["GET", "HEAD", "POST"])
FIRST_YEAR = 1970


def _values(names: tuple[str, ...]) -> dict[str, Any]:
    firm = Organisation.current()
    return {name: getattr(firm, name) for name in names}


def _preview(form: FirmForm) -> CalendarYear:
    """This year as it would be with what the form says now, own exceptions included."""
    calendar = WorkCalendar(
        weekdays=frozenset(form.chosen_weekdays),
        country=form.chosen_country,
        subdivision=form.chosen_region,
        exceptions=current_calendar().exceptions,
    )
    return year_of(calendar, Organisation.current().today().year)


def _saved(form: FirmForm, save: Any, request: HttpRequest) -> bool:  # noqa: ANN401 - a service
    """Whether the form was sent and the service took it; else the form says why not."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        save(values=form.cleaned_data, by=reader_of(request))
    except services.MoneyRecorded as refusal:
        form.add_error("currency", str(refusal.message))
    except DomainError as refusal:
        refuse(form, refusal)
    except ValidationError as error:
        refuse_fields(form, error)
    return not form.errors


@both
@for_administrators
def organisation_settings(request: HttpRequest) -> HttpResponse:
    names = (*services.FIRM, *services.RULES)
    initial = {**_values(names), **kept_initial(request)}
    form = SettingsForm(request.POST or None, initial=initial)
    if _saved(form, services.organisation_update, request):
        messages.success(request, _("The settings are saved."))
        return redirect("organisation_settings")
    return form_page(request, "members/settings.html", form, preview=_preview(form))


@both
@for_administrators
def set_up(request: HttpRequest) -> HttpResponse:
    """What has to be known before anything else; afterwards the settings have it."""
    if Organisation.current().set_up_at is not None:
        return redirect("organisation_settings")
    initial = {**_values(services.FIRM), **kept_initial(request)}
    form = FirmForm(request.POST or None, initial=initial)
    if _saved(form, services.organisation_set_up, request):
        messages.success(request, _("Set up. Now invite your people."))
        return redirect("invitations")
    return form_page(request, "members/set_up.html", form, preview=_preview(form))


@require_safe
@for_administrators
def calendar_preview(request: HttpRequest) -> HttpResponse:
    """The part of both forms that depends on country, region and weekdays, as they stand there."""
    form = FirmForm(
        initial={
            "country": request.GET.get("country", ""),
            "subdivision": request.GET.get("subdivision", ""),
            "working_days": request.GET.getlist("working_days"),
        }
    )
    context = {"form": form, "preview": _preview(form)}
    return render(request, "members/settings_calendar_part.html", context)


@both
@for_administrators
def organisation_calendar(request: HttpRequest) -> HttpResponse:
    """A year's holidays and exceptions; a POST adds an exception."""
    today = Organisation.current().today()
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() else today.year
    if not FIRST_YEAR <= year < MAXYEAR:
        raise Http404
    form = CalendarDayForm(request.POST or None, initial=kept_initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.calendar_day_add(by=reader_of(request), **form.cleaned_data)
        except ValidationError as error:
            refuse_fields(form, error)
        else:
            messages.success(request, _("The day is in the calendar."))
            return redirect(f"{request.path}?year={form.cleaned_data['day'].year}")
    context = {"shown": year_of(current_calendar(), year), "this_year": today.year}
    return form_page(request, "members/settings_calendar.html", form, **context)


@require_POST
@for_administrators
def calendar_day_remove(request: HttpRequest, day: date) -> HttpResponse:
    services.calendar_day_remove(day=day, by=reader_of(request))
    messages.success(request, _("The exception is gone: weekday and holidays decide again."))
    return redirect(reverse("organisation_calendar", query={"year": day.year}))
