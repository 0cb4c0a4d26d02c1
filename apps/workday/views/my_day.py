"""My day: the queue, the customer in front, and the log of the call."""

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.activities.models import Activity
from apps.activities.services import activity_log
from apps.core.answers import refuse
from apps.core.errors import DomainError
from apps.core.kept_text import kept_initial
from apps.customers.models import Customer
from apps.customers.parts import writable
from apps.members.access import reader_of
from apps.members.querysets import is_acted_for
from apps.workday.access import for_callers
from apps.workday.forms import QuickLogForm
from apps.workday.leases import LeasedAlready, lease_release, lease_take, lease_take_first
from apps.workday.queue.selectors import queue_of
from apps.workday.selectors import Focus, focus_of, is_logged, numbers_of, proposed, queue_panel
from apps.workday.undoing import log_undo

if TYPE_CHECKING:
    from apps.members.models import Member

# In the session: what was logged last, until the next page has told of it.
LOGGED = "my_day_logged"
JUST_NOW_SECONDS = 60


@for_callers
def my_day(request: HttpRequest) -> HttpResponseBase:
    """The queue; with `?customer=` that one in front, kept for the reader while they call."""
    member = reader_of(request)
    asked = _number(request.GET.get("customer", ""))
    if asked is None:
        return _page(request, member, None, None)
    customer = writable(request, asked)
    try:
        # Whoever only looks as this person keeps nothing in their name.
        if not is_acted_for(request.user):
            lease_take(customer=customer, member=member)
    except LeasedAlready as refusal:
        messages.warning(request, str(refusal.message))
        return redirect("my_day")
    focus = focus_of(customer, member)
    return _page(request, member, focus, _form(request, focus, None))


@require_POST
@for_callers
def my_day_next(request: HttpRequest) -> HttpResponse:
    """Let go of the one in front, if any, and take the first that nobody else has."""
    member = reader_of(request)
    left = _number(request.POST.get("from", ""))
    if left is not None:
        lease_release(customer=writable(request, left), member=member)
    return _to_next(request, member, but=left)


def _number(text: str) -> int | None:
    """An id of the address; None for what is none, such as “²”, which int() does not know."""
    return int(text) if text.isdecimal() else None


@for_callers
def my_day_log(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Write down the call and open the next customer; with what is wrong, the same page again."""
    member, customer = reader_of(request), writable(request, pk)
    if request.method != "POST":
        return redirect(f"{reverse('my_day')}?customer={pk}")
    if is_logged(request.POST.get("key", ""), customer, member):
        # Sent again, by a second click or after a lost answer: what it settled is no choice any more.
        return _to_next(request, member, but=pk)
    focus = focus_of(customer, member)
    form = _form(request, focus, request.POST)
    if not form.is_valid() or not _logged(request, customer, member, form):
        return _page(request, member, focus, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    lease_release(customer=customer, member=member)
    return _to_next(request, member, but=pk)


@require_POST
@for_callers
def my_day_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back the log of a moment ago and open its customer again."""
    rows = Activity.objects.visible_to(request.user).filter(member=request.user.pk)
    activity: Activity = get_object_or_404(rows, pk=pk)
    try:
        log_undo(activity=activity, by=reader_of(request))
    except DomainError as refusal:
        messages.warning(request, str(refusal.message))
        return redirect("my_day")
    messages.info(request, _("The call is undone: log it as it was."))
    return redirect(f"{reverse('my_day')}?customer={activity.customer_id}")


@require_POST
@for_callers
def my_day_keep(request: HttpRequest, pk: int) -> JsonResponse:
    """The page is still open: keep the customer longer. `taken` says who has it instead, if so."""
    try:
        lease_take(customer=writable(request, pk), member=reader_of(request))
    except LeasedAlready as refusal:
        return JsonResponse({"taken": str(refusal.message)})
    return JsonResponse({"taken": ""})


def _form(request: HttpRequest, focus: Focus, data: Any) -> QuickLogForm:  # noqa: ANN401 - POST or None
    initial: dict[str, Any] = {"direction": "out"}
    if focus.opportunity is not None:
        initial["opportunity"] = focus.opportunity.pk
    if focus.callees:
        initial["contact"] = focus.callees[0].contact.pk
    if focus.step is not None and focus.step.owner_id == request.user.pk:
        initial["finishes"] = focus.step.pk
    address = reverse("my_day_log", args=[focus.customer.pk])
    return QuickLogForm(
        data,
        customer=focus.customer,
        user=request.user,
        initial=initial | kept_initial(request, posted_to=address, ticks=["moves"]),
        auto_id="log_%s",
    )


def _logged(request: HttpRequest, customer: Customer, member: "Member", form: QuickLogForm) -> bool:
    try:
        activity = activity_log(
            customer=customer,
            finishes=form.cleaned_data["finishes"],
            next_step=form.next_step(),
            by=member,
            **form.contact_fields(),
            **form.move(),
        )
    except DomainError as refusal:
        refuse(form, refusal)
        return False
    request.session[LOGGED] = {"activity": activity.pk, "name": customer.name, "at": time.time()}
    return True


def _to_next(request: HttpRequest, member: "Member", *, but: int | None) -> HttpResponse:
    entries = queue_of(member).entries
    ids = [one.customer for one in entries if one.customer != but]
    found = lease_take_first(customers=ids, member=member)
    if found is None:
        messages.info(request, _("Nobody else is to be called right now."))
        return redirect("my_day")
    return redirect(f"{reverse('my_day')}?customer={found}")


def _page(
    request: HttpRequest,
    member: "Member",
    focus: Focus | None,
    form: QuickLogForm | None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "day": timezone.localdate(),
        "numbers": numbers_of(member),
        "panel": queue_panel(member),
        "logged": _just_logged(request),
        "focus": focus,
        "form": form,
        "proposals": proposed(focus, member) if focus else {},
    }
    return render(request, "workday/my_day.html", context, status=status)


def _just_logged(request: HttpRequest) -> dict[str, Any] | None:
    """What was logged a moment ago, told once, with the offer to undo it."""
    logged: dict[str, Any] | None = request.session.pop(LOGGED, None)
    return logged if logged and time.time() - logged["at"] < JUST_NOW_SECONDS else None
