"""Pages of follow-ups and tasks: what is due, changing it, giving it to others, finishing it."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRedirect

from apps.activities.models import FollowUp, Task
from apps.activities.planning import filters, services, task_services
from apps.activities.planning.days import spans
from apps.activities.planning.errors import AlreadySettled
from apps.activities.planning.filters import GROUPS, MissingFilter, PlannedFilter
from apps.activities.planning.forms import FollowUpEditForm, ReassignForm, SnoozeForm, TaskForm
from apps.activities.planning.load import leads_others, loads, people_for_customer
from apps.activities.planning.missing import customers_without_next_step
from apps.activities.planning.selectors import grouped, line_of, page_of_group
from apps.core.answers import form_page, refuse
from apps.core.errors import DomainError, NotPermitted
from apps.core.kept_text import kept_initial
from apps.core.lists import list_response, listing
from apps.customers.access import for_customer_forms, for_customer_roles
from apps.customers.models import Customer
from apps.customers.parts import is_part
from apps.members.access import reader_of
from apps.members.choosing import people_to_choose
from apps.members.models import Member


@dataclass(frozen=True)
class Asked:
    """What the filter form above the groups needs to know of the page."""

    filters: PlannedFilter
    path: str


@for_customer_roles
@vary_on_headers("HX-Request")
def follow_ups(request: HttpRequest) -> HttpResponse:
    """Follow-ups and tasks overdue, due and coming, on the reader's own day."""
    member, today = reader_of(request), timezone.localdate()
    form = PlannedFilter(request.GET, user=member)
    content: dict[str, Any] = {"listing": Asked(form, request.path), "is_part": is_part(request)}
    if form.is_valid():
        content |= _found(request, form, member)
    content |= {
        "today": today,
        "leads": leads_others(member),
        "may_add": member.role.sells,
        "here": request.get_full_path(),
    }
    htmx = request.htmx  # type: ignore[attr-defined] # by django-htmx's middleware
    is_results = htmx.target == "results" and not htmx.history_restore_request
    template = "activities/planning/follow_ups.html"
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    name = f"{template}#results" if is_results else template
    response = render(request, name, content, status=status)
    if is_results:
        response["HX-Push-Url"] = request.get_full_path()
    return response


def _found(request: HttpRequest, form: PlannedFilter, member: Member) -> dict[str, Any]:
    today, planned = timezone.localdate(), form.planned()
    missing = customers_without_next_step(member)
    if form.people is not None:
        missing = missing.filter(owner__in=form.people)
    named = form.cleaned_data["member"]
    owner = "" if form.cleaned_data["everyone"] else str((named or member).pk)
    query = {"owner": owner} if owner and leads_others(member) else {}
    address = reverse("follow_ups_missing")
    found: dict[str, Any] = {
        "missing_count": missing.count(),
        "missing_address": f"{address}?{urlencode(query)}" if query else address,
    }
    apart = {"when", "after"}
    told = {name: str(said) for name, said in form.told().items() if said and name not in apart}
    chosen = form.cleaned_data["when"]
    if not chosen:
        groups = grouped(planned, member, today)
        found["groups"] = [
            (GROUPS[one.key], one, f"{request.path}?{urlencode({**told, 'when': one.key})}")
            for one in groups
            if one.count
        ]
        return found
    span = next(one for one in spans(today) if one.key == chosen)
    after = filters.read(request.GET.get("after", ""))
    lines, more = page_of_group(planned, member, span, after=after, today=today)
    here = {**told, "when": chosen}
    return found | {
        "opened": GROUPS[chosen],
        "lines": lines,
        "all_address": f"{request.path}?{urlencode(told)}" if told else request.path,
        "first_address": f"{request.path}?{urlencode(here)}" if after else "",
        "next_address": f"{request.path}?{urlencode({**here, 'after': filters.written(more)})}"
        if more
        else "",
    }


@for_customer_roles
def follow_ups_missing(request: HttpRequest) -> HttpResponse:
    """Open customers without a next step."""
    member = reader_of(request)
    result = listing(
        request,
        customers_without_next_step(member),
        MissingFilter(request.GET, user=member),
        columns=filters.COLUMNS,
        default="name",
    )
    own = Customer.objects.editable_by(member).filter(pk__in=[one.pk for one in result.rows])
    return list_response(
        request,
        "activities/planning/missing.html",
        result,
        changeable=set(own.values_list("pk", flat=True)),
    )


def _back(request: HttpRequest, otherwise: str) -> str:
    """Where the reader came from, if it is a page of ours."""
    address = request.POST.get("next") or request.GET.get("next", "")
    return address if url_has_allowed_host_and_scheme(address, None) else otherwise


def _go(request: HttpRequest, address: str) -> HttpResponse:
    return HttpResponseClientRedirect(address) if is_part(request) else redirect(address)


def _step(request: HttpRequest, pk: int) -> FollowUp:
    """An open follow-up that the reader may change: 404 if they do not see it, 403 if they read it."""
    rows = FollowUp.objects.visible_to(request.user)
    found: FollowUp = get_object_or_404(rows.select_related("customer", "owner", "contact"), pk=pk)
    if not Customer.objects.editable_by(request.user).filter(pk=found.customer_id).exists():
        raise NotPermitted(
            _("You may read this customer only. One of the pool has to be claimed first.")
        )
    if found.done_at is not None:
        raise AlreadySettled(_("This next step is done or dropped already."))
    return found


def _done(form: forms.Form, deed: Callable[[], object]) -> bool:
    try:
        deed()
    except DomainError as refusal:
        refuse(form, refusal)
    return not form.errors


def _form_answer(
    request: HttpRequest, template: str, form: forms.Form, back: str, **content: object
) -> HttpResponse:
    """The page with the form, or the form alone for htmx."""
    name = f"{template}#form" if is_part(request) else template
    return form_page(request, name, form, back=back, is_part=is_part(request), **content)


@for_customer_forms
@vary_on_headers("HX-Request")
def follow_up_snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """Another day or time, and why."""
    step, member = _step(request, pk), reader_of(request)
    initial = {"due_on": step.due_on, "due_at": step.due_at, **kept_initial(request)}
    form = SnoozeForm(request.POST or None, initial=initial, auto_id=f"snooze_{pk}_%s")
    back = _back(request, reverse("follow_ups"))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if _done(form, lambda: services.follow_up_snooze(follow_up=step, by=member, **given)):
            messages.success(request, _("The next step is put off."))
            return _go(request, back)
    return _form_answer(request, "activities/planning/snooze.html", form, back, step=step)


@for_customer_forms
def follow_up_reassign(request: HttpRequest, pk: int) -> HttpResponse:
    """To somebody who may change the customer; a lead sees how much each has to do."""
    step, member = _step(request, pk), reader_of(request)
    initial = {"to": _chosen(request), **kept_initial(request)}
    form = ReassignForm(request.POST or None, user=member, initial=initial)
    back = _back(request, reverse("follow_ups"))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if _done(form, lambda: services.follow_up_reassign(follow_up=step, by=member, **given)):
            words = _("%(member)s has the next step now.")
            messages.success(request, words % {"member": given["to"]})
            return redirect(back)
    people = people_for_customer(member, step.customer)
    return form_page(
        request, "activities/planning/reassign.html", form, back=back, step=step,
        holder=step.owner, day=step.due_on,
        loads=loads(people, step.due_on) if leads_others(member) else [],
    )  # fmt: skip


def _chosen(request: HttpRequest) -> int | None:
    """Whom the reader chose from the list beside the form."""
    text = request.GET.get("to", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(2**63)) else None


@for_customer_forms
def follow_up_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """What is planned, and what became of it so far."""
    step, member = _step(request, pk), reader_of(request)
    kept = kept_initial(request, ticks=["is_promised"])
    form = FollowUpEditForm(
        request.POST or None,
        user=member,
        follow_up=step,
        customer=step.customer,
        initial=FollowUpEditForm.given(step) | kept,
    )
    back = _back(request, reverse("customer", args=[step.customer_id]))
    if request.method == "POST" and form.is_valid():
        given = form.changed(step)
        if _done(form, lambda: services.follow_up_edit(follow_up=step, by=member, **given)):
            messages.success(request, _("The next step is changed."))
            return redirect(back)
    changes = step.changes.select_related("from_owner", "to_owner", "by")[:50]
    return form_page(
        request, "activities/planning/edit.html", form, back=back, step=step, changes=changes
    )


@require_POST
@for_customer_forms
def follow_up_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Drop the step and whatever would follow it."""
    step = _step(request, pk)
    services.follow_up_drop(follow_up=step, ends_series=True, by=reader_of(request))
    messages.success(request, _("The next step is dropped, and none follows it."))
    return redirect(_back(request, reverse("customer", args=[step.customer_id])))


def _task(request: HttpRequest, pk: int) -> Task:
    rows = Task.objects.visible_to(request.user)
    found: Task = get_object_or_404(rows.select_related("assignee", "created_by"), pk=pk)
    return found


def _own_task(request: HttpRequest, pk: int) -> Task:
    """The same for changing it: 403 to whoever only reads it."""
    found = _task(request, pk)
    if not Task.objects.editable_by(request.user).filter(pk=pk).exists():
        raise NotPermitted(_("A task is changed by who has it, who gave it, and who leads them."))
    return found


@for_customer_roles
def task(request: HttpRequest, pk: int) -> HttpResponse:
    found = _task(request, pk)
    line = line_of(found, reader_of(request), timezone.localdate())
    content = {"task": found, "line": line}
    return render(request, "activities/planning/task.html", content)


@for_customer_forms
def task_new(request: HttpRequest) -> HttpResponse:
    """Something to do, for oneself, or by a lead for somebody else."""
    member = reader_of(request)
    if not member.role.sells:
        raise NotPermitted(_("Your role has no tasks."))
    customer = _customer(request)
    initial = {
        "customer": customer and customer.pk,
        "due_on": timezone.localdate(),
        **kept_initial(request),
    }
    form = TaskForm(request.POST or None, user=member, initial=initial)
    back = _back(request, reverse("follow_ups"))
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        assignee = given.pop("assignee", None) or member
        if _done(form, lambda: task_services.task_add(assignee=assignee, by=member, **given)):
            messages.success(request, _("The task is added."))
            return redirect(back)
    return form_page(
        request, "activities/planning/task_form.html", form, back=back, customer=customer,
        loads=loads(people_to_choose(member, "own"), _day(form)) if leads_others(member) else [],
        day=_day(form),
    )  # fmt: skip


def _customer(request: HttpRequest) -> Customer | None:
    text = request.POST.get("customer") or request.GET.get("customer", "")
    if not (text.isascii() and text.isdigit()) or len(text) >= len(str(2**63)):
        return None
    found: Customer | None = Customer.objects.visible_to(request.user).filter(pk=int(text)).first()
    return found


def _day(form: forms.Form) -> Any:  # noqa: ANN401 - a date
    given = getattr(form, "cleaned_data", {}).get("due_on")
    return given or timezone.localdate()


@for_customer_forms
def task_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found, member = _own_task(request, pk), reader_of(request)
    names = ("title", "note", "due_on", "due_at")
    initial = {name: getattr(found, name) for name in names} | kept_initial(request)
    form = TaskForm(request.POST or None, user=member, task=found, initial=initial)
    back = _back(request, reverse("task", args=[pk]))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if _done(form, lambda: task_services.task_change(task=found, by=member, **given)):
            messages.success(request, _("The task is changed."))
            return redirect(back)
    return form_page(request, "activities/planning/task_form.html", form, back=back, task=found)


@for_customer_forms
def task_reassign(request: HttpRequest, pk: int) -> HttpResponse:
    found, member = _own_task(request, pk), reader_of(request)
    initial = {"to": _chosen(request), **kept_initial(request)}
    form = ReassignForm(request.POST or None, user=member, has_reason=False, initial=initial)
    back = _back(request, reverse("follow_ups"))
    if request.method == "POST" and form.is_valid():
        to = form.cleaned_data["to"]
        if _done(form, lambda: task_services.task_reassign(task=found, to=to, by=member)):
            messages.success(request, _("%(member)s has the task now.") % {"member": to})
            return redirect(back)
    people = people_to_choose(member, "own")
    return form_page(
        request, "activities/planning/reassign.html", form, back=back, task=found,
        holder=found.assignee, day=found.due_on,
        loads=loads(people, found.due_on) if leads_others(member) else [],
    )  # fmt: skip


def _task_deed(
    request: HttpRequest, pk: int, deed: Callable[..., Task], words: str
) -> HttpResponse:
    deed(task=_own_task(request, pk), by=reader_of(request))
    messages.success(request, words)
    return redirect(_back(request, reverse("task", args=[pk])))


@require_POST
@for_customer_forms
def task_finish(request: HttpRequest, pk: int) -> HttpResponse:
    return _task_deed(request, pk, task_services.task_finish, _("The task is done."))


@require_POST
@for_customer_forms
def task_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    return _task_deed(request, pk, task_services.task_reopen, _("The task is open again."))


@require_POST
@for_customer_forms
def task_drop(request: HttpRequest, pk: int) -> HttpResponse:
    return _task_deed(request, pk, task_services.task_drop, _("The task is dropped."))
