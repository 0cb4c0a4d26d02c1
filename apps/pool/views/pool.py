"""The pool: what is in it, and taking customers out of it."""

from collections.abc import Sequence
from dataclasses import replace

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.errors import DomainError, NotPermitted
from apps.core.lists import list_response, listing
from apps.customers.access import for_customer_roles
from apps.customers.holding import AlreadyHeld
from apps.customers.models import Customer, CustomerOwnerChangeKind
from apps.members.access import reader_of
from apps.members.models import Member
from apps.members.querysets import reads
from apps.members.roles import Reach, RecordKind
from apps.pool import services
from apps.pool.filters import COLUMNS, PoolFilter
from apps.pool.selectors import may_claim, own_limits, pool_line, pool_lines, pool_rows

# As many as a page has rows, with room for a saved address of a longer one.
MOST_AT_ONCE = 100


@for_customer_roles
def pool(request: HttpRequest) -> HttpResponse:
    """Customers without an owner, and how many of them the reader may take."""
    member = reader_of(request)
    result = listing(
        request,
        pool_rows(member),
        PoolFilter(request.GET, user=member),
        columns=COLUMNS,
        default="name",
    )
    return list_response(
        request,
        "pool/pool.html",
        result,
        lines=pool_lines(result.rows, member),
        limits=own_limits(member),
        may_claim=may_claim(member),
    )


def _claimer(request: HttpRequest) -> Member:
    if reads(request.user, RecordKind.SALES) is Reach.NONE:
        raise Http404
    member = reader_of(request)
    if not may_claim(member):
        raise NotPermitted(_("Your role owns no customers."))
    return member


@require_POST
@login_required
def customer_claim(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one: htmx gets its row again, which says whose it is now."""
    member = _claimer(request)
    customer = get_object_or_404(services.claimable_by(member), pk=pk)
    taken, is_mine = _("Yours now"), True
    try:
        services.customer_claim(customer=customer, by=member)
    except AlreadyHeld as refusal:
        taken, is_mine = str(refusal.message), False
    except DomainError as refusal:
        return _refused(request, customer, str(refusal.message))
    if not request.htmx:  # type: ignore[attr-defined] # by django-htmx's middleware
        if is_mine:
            words = _("%(customer)s is yours now.") % {"customer": customer}
            messages.success(request, words)
            return redirect("customer", pk)
        messages.warning(request, f"{customer}: {taken}")
        return redirect("pool")
    return _row(request, customer, taken=taken, is_mine=is_mine)


def _refused(request: HttpRequest, customer: Customer, why: str) -> HttpResponse:
    messages.error(request, f"{customer}: {why}")
    if not request.htmx:  # type: ignore[attr-defined]
        return _back(request)
    return _row(request, customer)


def _row(
    request: HttpRequest, customer: Customer, *, taken: str = "", is_mine: bool = False
) -> HttpResponse:
    member = reader_of(request)
    line = replace(pool_line(customer, member), taken=taken, is_mine=is_mine)
    context = {"line": line, "limits": own_limits(member), "may_claim": True}
    return render(request, "pool/row_answer.html", context)


@require_POST
@login_required
def customers_claim(request: HttpRequest) -> HttpResponse:
    """Take those that are ticked, as far as the limits allow; of the others, why not."""
    member = _claimer(request)
    ids = [int(pk) for pk in request.POST.getlist("customer") if pk.isascii() and pk.isdigit()]
    if not ids:
        messages.warning(request, _("Tick the customers that you want to claim."))
        return _back(request)
    done = services.customers_hand_over(
        owners=dict.fromkeys(ids[:MOST_AT_ONCE], member),
        reason="",
        kind=CustomerOwnerChangeKind.CLAIM,
        by=member,
    )
    if done.changed:
        messages.success(request, services.claimed_words(len(done.changed)))
    for text in _refusal_words(done, member):
        messages.warning(request, text)
    return _back(request)


def _refusal_words(done: services.HandedOver, member: Member) -> Sequence[str]:
    """One line for each reason, with the customers that it holds for."""
    names = (
        services.claimable_by(member).filter(pk__in=list(done.refused)).values_list("pk", "name")
    )
    by_reason: dict[str, list[str]] = {}
    for pk, name in names:
        by_reason.setdefault(done.refused[pk], []).append(name)
    return [f"{', '.join(found)}: {why}" for why, found in by_reason.items()]


def _back(request: HttpRequest) -> HttpResponse:
    """To the list with its filters, as it was."""
    address = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(address, None):
        return redirect(address)
    return redirect("pool")
