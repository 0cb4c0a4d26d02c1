"""Pages on which customers become one, and are parted again."""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.answers import refuse
from apps.core.errors import DomainError, NotPermitted
from apps.customers.access import for_customer_forms
from apps.customers.forms.merging import FIELD, MergeForm
from apps.customers.merging.scope import mergeable_by
from apps.customers.merging.services import FEWEST, MOST, customers_merge
from apps.customers.merging.undoing import merge_undo, why_not
from apps.customers.merging.values import field_rows
from apps.customers.models import Contact, Customer, Merge
from apps.customers.search.selectors import hits
from apps.customers.selectors import survivor_of
from apps.members.access import reader_of
from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind

LONGEST_ID = 18


@for_customer_forms
def customers_merge_page(request: HttpRequest) -> HttpResponse:
    """Side by side, field by field; with fewer than two customers, the search for another one."""
    user = reader_of(request)
    if writes(user, RecordKind.SALES) is Reach.NONE:
        raise NotPermitted(_("You may read customers, but not merge any."))
    customers = _chosen(request)
    if len(customers) < FEWEST or "find" in request.GET:
        return _add_one(request, customers)
    given = request.POST if request.method == "POST" else request.GET
    survivor = _survivor(given.get("survivor", ""), customers)
    choices = {
        name.removeprefix(FIELD): request.POST.get(name, "")
        for name in request.POST
        if name.startswith(FIELD)
    }
    rows = field_rows(customers, choices, survivor)
    form = MergeForm(request.POST or None, customers=customers, rows=rows)
    if request.method == "POST" and form.is_valid():
        try:
            merge = customers_merge(
                survivor=next(one for one in customers if one.pk == survivor),
                absorbed=[one.pk for one in customers],
                choices=form.chosen(),
                owner=form.chosen_owner(),
                joins_contacts=form.cleaned_data["joins_contacts"],
                by=user,
            )
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            count = len(merge.absorbed) + 1
            words = ngettext(
                "%(count)s customer is one now. You can undo it here.",
                "%(count)s customers are one now. You can undo it here.",
                count,
            )
            messages.success(request, words % {"count": count})
            return redirect("customer", merge.survivor_id)
    return _page(request, form, customers, survivor)


@for_customer_forms
def merge_take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """What undoing the merge does, and doing it."""
    merge = get_object_or_404(
        Merge.objects.visible_to(request.user).select_related("survivor", "by", "undone_by"), pk=pk
    )
    user = reader_of(request)
    if not mergeable_by(user).filter(pk=merge.survivor_id).exists():
        raise NotPermitted(_("You may read this customer only: ask whoever has it."))
    problem, status = why_not(merge), HTTPStatus.OK
    if request.method == "POST":
        try:
            merge_undo(merge=merge, by=user)
        except DomainError as refusal:
            problem, status = str(refusal.message), HTTPStatus.UNPROCESSABLE_ENTITY
        else:
            messages.success(request, _("The merge is undone: every customer is there again."))
            return redirect("customer", merge.survivor_id)
    names = [str(merge.before[str(one)]["name"]) for one in merge.absorbed]
    context = {"merge": merge, "names": names, "problem": problem}
    return render(request, "customers/merge_undo.html", context, status=status)


def _chosen(request: HttpRequest) -> list[Customer]:
    """The customers of the address; 404 if the reader doesn't see one of them.

    One that was merged meanwhile is what it became.
    """
    given = (request.POST if request.method == "POST" else request.GET).getlist("id")
    ids = [int(one) for one in given if one.isdecimal() and len(one) <= LONGEST_ID]
    if len(ids) != len(given) or len(ids) > MOST:
        raise Http404
    wanted = dict.fromkeys(ids)
    if request.method != "POST":
        wanted = dict.fromkeys(survivor_of(pk) or pk for pk in wanted)
    seen = Customer.objects.visible_to(request.user).select_related("owner", "parent")
    found = {one.pk: one for one in seen.filter(pk__in=wanted)}
    if request.method == "POST":
        # Who was merged by somebody else meanwhile gets the service's message.
        gone = Customer.objects.visible_to(request.user).filter(pk__in=wanted).count() < len(wanted)
        if gone and all(pk in found or survivor_of(pk) for pk in wanted):
            raise NotPermitted(_("One of these customers was merged meanwhile: start anew."))
    if len(found) != len(wanted):
        raise Http404
    if mergeable_by(request.user).filter(pk__in=wanted).count() != len(wanted):
        raise NotPermitted(
            _("You may merge customers that you may all change. One of the pool is claimed first.")
        )
    return [found[pk] for pk in wanted]


def _survivor(given: str, customers: Sequence[Customer]) -> int:
    """Who stays: the one that is asked for, else who has ordered, else the oldest."""
    if given in {str(one.pk) for one in customers}:
        return int(given)
    return min(customers, key=lambda one: (one.last_ordered_on is None, one.created_at, one.pk)).pk


def _page(
    request: HttpRequest, form: MergeForm, customers: Sequence[Customer], survivor: int
) -> HttpResponse:
    found = Contact.objects.visible_to(request.user).filter(customer__in=customers).order_by("name")
    contacts: dict[int, list[Contact]] = {one.pk: [] for one in customers}
    for contact in found:
        contacts[contact.customer_id].append(contact)
    kept = next(one for one in customers if one.pk == survivor)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {
        "form": form,
        "customers": customers,
        "survivor": survivor,
        "owner": form["owner"].data or str(kept.owner_id or "pool"),
        "rows": form.rows,
        "contacts": [contacts[one.pk] for one in customers],
        "tags": [list(one.tags.all()) for one in customers],
        "joins": not form.is_bound or form["joins_contacts"].data,
        "may_add": len(customers) < MOST,
        "address": urlencode([("id", one.pk) for one in customers]),
    }
    return render(request, "customers/merge.html", context, status=status)


def _add_one(request: HttpRequest, customers: Sequence[Customer]) -> HttpResponse:
    text = request.GET.get("find", "")
    found = [one.customer for one in hits(text, request.user).rows] if text.strip() else []
    mine = set(
        mergeable_by(request.user)
        .filter(pk__in=[one.pk for one in found])
        .values_list("pk", flat=True)
    )
    taken = {one.pk for one in customers}
    context = {
        "customers": customers,
        "text": text,
        "found": [
            {"customer": one, "may_merge": one.pk in mine} for one in found if one.pk not in taken
        ],
        "address": urlencode([("id", one.pk) for one in customers]),
    }
    return render(request, "customers/merge_choose.html", context)
