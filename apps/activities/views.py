"""Writing down contacts with a customer, and the panel of its next step."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import trigger_client_event

from apps.activities.forms import LOCAL, ActivityForm, ContactForm
from apps.activities.models import Activity, FollowUp
from apps.activities.planning.forms import FollowUpPlanForm
from apps.activities.planning.selectors import tasks_of
from apps.activities.selectors import ActivityLine, activity_lines, next_steps
from apps.activities.services import (
    activity_correct,
    activity_delete,
    activity_log,
    follow_up_drop,
    follow_up_plan,
)
from apps.core.answers import refuse
from apps.core.errors import DomainError, NotPermitted
from apps.core.kept_text import kept_initial
from apps.core.models import Organisation
from apps.customers.access import for_customer_forms, for_customer_roles
from apps.customers.models import Customer
from apps.customers.parts import CHANGED, back_to_timeline, is_part, readable, writable
from apps.members.access import reader_of


@for_customer_forms
@vary_on_headers("HX-Request")
def activity_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Log a contact: the form on top of the timeline, or as a page of its own."""
    customer = writable(request, pk)
    form = ActivityForm(
        request.POST or None,
        customer=customer,
        user=request.user,
        initial={"finishes": request.GET.get("finishes"), **kept_initial(request)},
        auto_id="activity_%s",
    )
    done = request.method == "POST" and form.is_valid() and _logged(request, customer, form)
    if done and not is_part(request):
        return back_to_timeline(pk)
    if done:
        form = ActivityForm(customer=customer, user=request.user, auto_id="activity_%s")
    part = is_part(request)
    template = "activities/activity_form.html" if part else "activities/activity_new.html"
    content = {"customer": customer, "form": form, "is_part": part}
    response = render(request, template, content, status=_status(form))
    return trigger_client_event(response, CHANGED) if done else response


def _status(form: Any) -> HTTPStatus:  # noqa: ANN401 - any form
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def _logged(request: HttpRequest, customer: Customer, form: ActivityForm) -> bool:
    try:
        activity_log(
            customer=customer,
            finishes=form.cleaned_data["finishes"],
            next_step=form.next_step(),
            by=reader_of(request),
            **form.contact_fields(),
        )
    except DomainError as refusal:
        refuse(form, refusal)
        return False
    messages.success(request, _("The contact is written down."))
    return True


def _line(request: HttpRequest, pk: int) -> ActivityLine:
    rows = Activity.objects.visible_to(request.user)
    found = get_object_or_404(rows.select_related("customer", "member", "contact"), pk=pk)
    may_change = Customer.objects.editable_by(request.user).filter(pk=found.customer_id).exists()
    return activity_lines([found], request.user, may_change=may_change)[0]


@for_customer_roles
@vary_on_headers("HX-Request")
def activity(request: HttpRequest, pk: int) -> HttpResponse:
    """One activity: its page, or its place in the timeline."""
    line = _line(request, pk)
    template = "activities/activity_body.html" if is_part(request) else "activities/activity.html"
    return render(request, template, {"line": line, "customer": line.activity.customer})


@for_customer_forms
@vary_on_headers("HX-Request")
def activity_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct what one has written down oneself, within a day."""
    line = _line(request, pk)
    found = line.activity
    if not line.may_correct:
        raise NotPermitted(_("An activity is corrected by who wrote it down, within 24 hours."))
    form = ContactForm(
        request.POST or None,
        customer=found.customer,
        user=request.user,
        initial=_given(found) | kept_initial(request),
        auto_id=f"activity_{pk}_%s",
    )
    if request.method == "POST" and form.is_valid() and _corrected(request, found, form):
        if is_part(request):
            return render(request, "activities/activity_body.html", {"line": _line(request, pk)})
        return redirect("activity", pk)
    part = is_part(request)
    template = "activities/activity_edit_form.html" if part else "activities/activity_edit.html"
    content = {"activity": found, "customer": found.customer, "form": form}
    return render(request, template, content, status=_status(form))


def _given(found: Activity) -> dict[str, Any]:
    names = ("channel", "outcome", "note", "direction", "minutes")
    relations = {"contact": found.contact_id, "opportunity": found.opportunity_id}
    at = timezone.localtime(found.at).strftime(LOCAL)
    return {name: getattr(found, name) for name in names} | relations | {"at": at}


def _corrected(request: HttpRequest, found: Activity, form: ContactForm) -> bool:
    given = form.contact_fields()
    if "at" not in form.changed_data or not form.cleaned_data["at"]:
        # The field knows no seconds: untouched, the instant stays as it was.
        del given["at"]
    if found.opportunity_id and "opportunity" not in form.changed_data:
        # Closed meanwhile, it is no choice any more, and stays.
        del given["opportunity"]
    try:
        activity_correct(activity=found, by=reader_of(request), **given)
    except DomainError as refusal:
        refuse(form, refusal)
        return False
    messages.success(request, _("The contact is corrected."))
    return True


@require_POST
@for_customer_forms
def activity_remove(request: HttpRequest, pk: int) -> HttpResponse:
    found = _line(request, pk).activity
    activity_delete(activity=found, by=reader_of(request))
    messages.success(request, _("The contact is deleted."))
    if is_part(request):
        return render(request, "shell/toasts.html", {"oob": True})
    return back_to_timeline(found.customer_id)


@for_customer_roles
@vary_on_headers("HX-Request")
def customer_next_step(request: HttpRequest, pk: int) -> HttpResponse:
    """Part of the customer's page: what is planned, and planning it."""
    return _next_step(request, readable(request, pk), None)


def _next_step(
    request: HttpRequest, customer: Customer, form: FollowUpPlanForm | None
) -> HttpResponse:
    may_plan = Customer.objects.editable_by(request.user).filter(pk=customer.pk).exists()
    steps = next_steps(customer, Organisation.current().today())
    kept = kept_initial(request, posted_to=reverse("follow_up_new", args=[customer.pk]))
    shown = form or FollowUpPlanForm(initial=kept, auto_id="step_%s")
    content = {
        "customer": customer,
        "steps": steps,
        "tasks": tasks_of(customer, reader_of(request), timezone.localdate()),
        "may_plan": may_plan,
        "form": shown,
        "is_open": bool(kept) or bool(form and form.errors),
        "is_part": is_part(request),
    }
    template = "activities/next_step.html"
    if not is_part(request):
        template = "activities/next_step_page.html"
    return render(request, template, content, status=_status(shown))


@for_customer_forms
@vary_on_headers("HX-Request")
def follow_up_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Plan the next step with a customer."""
    customer = writable(request, pk)
    form = FollowUpPlanForm(request.POST or None, initial=kept_initial(request), auto_id="step_%s")
    if request.method != "POST" or not form.is_valid():
        return _next_step(request, customer, form)
    try:
        follow_up_plan(customer=customer, by=reader_of(request), **form.cleaned_data)
    except DomainError as refusal:
        refuse(form, refusal)
        return _next_step(request, customer, form)
    messages.success(request, _("The next step is planned."))
    if is_part(request):
        return _next_step(request, customer, None)
    return redirect("customer", pk)


@require_POST
@for_customer_forms
def follow_up_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Drop a planned step."""
    rows = FollowUp.objects.visible_to(request.user).select_related("customer")
    found = get_object_or_404(rows, pk=pk)
    follow_up_drop(follow_up=found, by=reader_of(request))
    messages.success(request, _("The next step is dropped."))
    if is_part(request):
        return _next_step(request, found.customer, None)
    return redirect("customer", found.customer_id)
