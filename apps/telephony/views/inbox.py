"""Calls without a customer: the list, and what becomes of each."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.answers import form_page, refuse, refuse_fields
from apps.core.errors import DomainError
from apps.core.kept_text import kept_initial
from apps.core.lists import list_response, listing
from apps.customers.models import Customer
from apps.customers.search.asking import LONGEST
from apps.customers.search.selectors import Hit, hits
from apps.members.access import reader_of
from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind
from apps.telephony import inbox
from apps.telephony.filters import COLUMNS, CallFilter
from apps.telephony.forms.inbox import AssignForm, DismissForm
from apps.telephony.models import PhoneCall
from apps.telephony.refusals import AlreadyHandled
from apps.telephony.selectors import customers_with

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
MOST_SUGGESTED = 10
MOST_DIGITS = 18


def _for_sellers[**P](view: View[P]) -> View[P]:
    """Who works calls off; for anybody else these pages don't exist."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if writes(request.user, RecordKind.SALES) is Reach.NONE:
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(guarded)


@require_safe
@_for_sellers
def calls_inbox(request: HttpRequest) -> HttpResponse:
    member = reader_of(request)
    result = listing(
        request,
        PhoneCall.objects.visible_to(member).in_inbox(),
        CallFilter(request.GET, user=member),
        columns=COLUMNS,
        default="-at",
    )
    return list_response(request, "telephony/inbox.html", result)


def _open_call(request: HttpRequest, pk: int) -> PhoneCall:
    rows = PhoneCall.objects.editable_by(request.user).select_related("member", "system")
    found: PhoneCall = get_object_or_404(rows, pk=pk)
    return found


def _is_open(call: PhoneCall) -> bool:
    return bool(call.problem) and call.customer_id is None and call.dismissed_at is None


def _gone(request: HttpRequest) -> HttpResponse:
    messages.warning(request, _("Somebody has worked this call off meanwhile."))
    return redirect("calls_inbox")


@require_http_methods(["GET", "HEAD", "POST"])
@_for_sellers
def call_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """First the customer is looked for, then it is said with whom the number is kept."""
    call = _open_call(request, pk)
    if not _is_open(call):
        return _gone(request)
    customer = _chosen(request)
    if customer is None:
        return _choosing(request, call)
    # A form without an answer (“No” is empty) is one that was sent all the same.
    data = request.POST if request.method == "POST" else None
    form = AssignForm(data, customer=customer, user=request.user, initial=kept_initial(request))
    if data is not None and form.is_valid():
        try:
            inbox.call_assign(call=call, customer=customer, by=reader_of(request), **form.chosen())
        except AlreadyHandled:
            return _gone(request)
        except DomainError as refusal:
            refuse(form, refusal)
        except ValidationError as error:
            refuse_fields(form, error)
    if data is not None and not form.errors:
        words = _("The call is written down with %(customer)s.") % {"customer": customer}
        messages.success(request, words)
        return redirect("calls_inbox")
    return form_page(request, "telephony/assign.html", form, call=call, customer=customer)


def _chosen(request: HttpRequest) -> Customer | None:
    """The customer in the address; 404 for one that the person may not change."""
    asked = request.GET.get("customer", "")
    if not asked:
        return None
    if not (asked.isascii() and asked.isdigit() and len(asked) <= MOST_DIGITS):
        raise Http404
    found: Customer = get_object_or_404(Customer.objects.editable_by(request.user), pk=int(asked))
    return found


def _choosing(request: HttpRequest, call: PhoneCall) -> HttpResponse:
    """Those that have the number, and those that are looked for; only who may be changed."""
    text = request.GET.get("q", "").replace("\x00", "")[:LONGEST].strip()
    mine = Customer.objects.editable_by(request.user)
    suggested = []
    if call.number:
        with_number = customers_with(call.number, reader_of(request)).values("pk")
        rows = mine.filter(pk__in=with_number).for_list()
        suggested = list(rows.order_by("name", "pk")[:MOST_SUGGESTED])
    found: list[Hit] = hits(text, request.user).rows if text else []
    ids = [one.customer.pk for one in found]
    allowed = set(mine.filter(pk__in=ids).values_list("pk", flat=True))
    context = {
        "call": call,
        "text": text,
        "suggested": suggested,
        "found": [one for one in found if one.customer.pk in allowed],
        "others": len(found) - len(allowed),
    }
    status = HTTPStatus.OK if request.method != "POST" else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "telephony/choose.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@_for_sellers
def call_dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    call = _open_call(request, pk)
    if not _is_open(call):
        return _gone(request)
    form = DismissForm(request.POST or None, initial=kept_initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            inbox.call_dismiss(call=call, by=reader_of(request), **form.cleaned_data)
        except AlreadyHandled:
            return _gone(request)
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("The call is dismissed."))
            return redirect("calls_inbox")
    return form_page(request, "telephony/dismiss.html", form, call=call)
