"""Pages of customers that look like one: the warning while typing, the review list, the panel."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.lists import list_response, listing
from apps.customers.access import for_customer_forms, for_customer_roles
from apps.customers.duplicates import services
from apps.customers.duplicates.selectors import (
    customer_matches,
    reviewable,
    shown_reasons,
    typed_matches,
)
from apps.customers.forms.duplicates import COLUMNS, DuplicateFilter, typed_of
from apps.customers.merging.scope import mergeable_by
from apps.customers.models import Customer, DuplicatePair, Merge
from apps.members.access import reader_of

# Days in which the page of a merged customer offers to part it again; its timeline does for ever.
OFFERED_DAYS = 30


@for_customer_roles
def duplicate_check(request: HttpRequest) -> HttpResponse:
    """What a form's customer looks like so far; empty where it looks like none."""
    typed, customer = typed_of(request.GET)
    matches = typed_matches(typed, request.user, but=customer)
    return render(request, "customers/duplicate_warning.html", {"matches": matches})


@for_customer_roles
def duplicates(request: HttpRequest) -> HttpResponse:
    result = listing(
        request,
        reviewable(request.user),
        DuplicateFilter(request.GET, user=request.user),
        columns=COLUMNS,
        default="-similarity",
    )
    both = {pk for pair in result.rows for pk in (pair.first_id, pair.second_id)}
    mergeable = set(mergeable_by(request.user).filter(pk__in=both).values_list("pk", flat=True))
    mine = DuplicatePair.objects.editable_by(request.user)
    decidable = set(
        mine.filter(pk__in=[one.pk for one in result.rows]).values_list("pk", flat=True)
    )
    lines = [
        {
            "pair": pair,
            "reasons": shown_reasons(pair, request.user),
            "may_merge": {pair.first_id, pair.second_id} <= mergeable,
            "may_decide": pair.pk in decidable,
        }
        for pair in result.rows
    ]
    return list_response(request, "customers/duplicates.html", result, lines=lines)


@require_POST
@for_customer_forms
def duplicate_dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """“Not the same”; the list offers to take it back."""
    pair = get_object_or_404(reviewable(request.user), pk=pk)
    services.pair_dismiss(pair=pair, by=reader_of(request))
    messages.success(request, _("Remembered: not the same. You find it under “Not the same”."))
    return redirect("duplicates")


@require_POST
@for_customer_forms
def duplicate_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    pair = get_object_or_404(reviewable(request.user), pk=pk)
    services.pair_reopen(pair=pair, by=reader_of(request))
    messages.success(request, _("The pair is to be reviewed again."))
    return redirect("duplicates")


@for_customer_roles
def customer_duplicates(request: HttpRequest, pk: int) -> HttpResponse:
    """Part of the customer's page: whom it looks like, and what it was merged from lately."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    matches = customer_matches(customer, request.user)
    others = [match.customer.pk for _pair, match in matches]
    found = mergeable_by(request.user).filter(pk__in=[pk, *others]).values_list("pk", flat=True)
    mergeable = set(found)
    since = timezone.now() - timedelta(days=OFFERED_DAYS)
    merges = Merge.objects.visible_to(request.user).filter(
        survivor=customer, undone_at=None, at__gte=since
    )
    context = {
        "customer": customer,
        "matches": [
            {"pair": pair, "match": match, "may_merge": {pk, match.customer.pk} <= mergeable}
            for pair, match in matches
        ],
        "merges": list(merges.select_related("by")),
        "may_undo": pk in mergeable,
    }
    return render(request, "customers/duplicates_panel.html", context)
