"""How the service policy is kept: figures, lists, the panel on a customer's page, the policy."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from apps.core.answers import refuse
from apps.core.errors import DomainError
from apps.core.exports import export_response
from apps.core.kept_text import kept_initial
from apps.core.lists import list_response, listing
from apps.core.models import Organisation
from apps.customers.access import for_customer_roles, for_exporters
from apps.customers.models import Customer, Tier
from apps.members.access import for_administrators, reader_of
from apps.members.querysets import may_export, reads, writes
from apps.members.roles import Reach, RecordKind
from apps.portfolio.forms.service import HoursForm, PromiseForm, promise_initial
from apps.portfolio.models import FirstResponse, PolicyBreach, ServiceHours
from apps.portfolio.service.exports import breach_export
from apps.portfolio.service.filters import (
    BREACH_COLUMNS,
    RESPONSE_COLUMNS,
    BreachFilter,
    ResponseFilter,
    breach_rows,
    own_first,
)
from apps.portfolio.service.policies import promises
from apps.portfolio.service.selectors import (
    compliance_of,
    effect_lines,
    effect_of,
    standing_of,
)
from apps.portfolio.service.services import service_policy_update

# Of one's own breaches the page shows so many; the list has them all.
OWN_SHOWN = 10


@for_customer_roles
def service(request: HttpRequest) -> HttpResponse:
    """The reader's own breaches first, then how far the policy is kept, by team and member."""
    user = request.user
    today = Organisation.current().today()
    own = own_first(PolicyBreach.objects.visible_to(user), user)[: OWN_SHOWN + 1]
    compliance = compliance_of(user)
    context = {
        "compliance": compliance,
        "own": breach_rows(list(own[:OWN_SHOWN]), today),
        "has_more": len(own) > OWN_SHOWN,
        "is_wider": reads(user, RecordKind.SALES) > Reach.OWN,
        "is_administrator": writes(user, RecordKind.SETTINGS) is Reach.ALL,
        "promises": sorted(promises().values(), key=lambda promise: promise.tier),
    }
    return render(request, "portfolio/service.html", context)


@for_customer_roles
def service_breaches(request: HttpRequest) -> HttpResponse:
    result = listing(
        request,
        PolicyBreach.objects.visible_to(request.user),
        BreachFilter(request.GET, user=request.user),
        columns=BREACH_COLUMNS,
        default="since",
    )
    context = {
        "rows": breach_rows(result.rows, Organisation.current().today()),
        "may_export": may_export(request.user),
    }
    return list_response(request, "portfolio/service_breaches.html", result, **context)


@for_exporters
def service_breaches_export(request: HttpRequest) -> HttpResponseBase:
    return export_response(
        request,
        PolicyBreach.objects.visible_to(request.user),
        BreachFilter(request.GET, user=request.user),
        listed=BREACH_COLUMNS,
        default="since",
        export=breach_export(),
    )


@for_customer_roles
def service_responses(request: HttpRequest) -> HttpResponse:
    result = listing(
        request,
        FirstResponse.objects.visible_to(request.user),
        ResponseFilter(request.GET, user=request.user),
        columns=RESPONSE_COLUMNS,
        default="-started",
    )
    return list_response(request, "portfolio/service_responses.html", result)


@for_customer_roles
@vary_on_headers("HX-Request")
def customer_service(request: HttpRequest, pk: int) -> HttpResponse:
    """Part of the customer's page; without htmx a page of its own."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    is_part = bool(getattr(request, "htmx", False))
    context = {"customer": customer, "standing": standing_of(customer), "is_part": is_part}
    page = "portfolio/service_panel.html" if is_part else "portfolio/service_panel_page.html"
    return render(request, page, context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_administrators
def service_settings(request: HttpRequest) -> HttpResponse:
    """The policy of each tier; a POST without `save` shows what it would find and saves nothing."""
    known = promises()
    data = request.POST or None
    tiers = [PromiseForm(data, tier=tier, initial=_promised(request, tier)) for tier in Tier]
    hours = HoursForm(
        data, initial={**HoursForm.initial_of(ServiceHours.current()), **kept_initial(request)}
    )
    forms = [*tiers, hours]
    effects = None
    if request.method == "POST" and not any(form.errors for form in forms):
        if "save" in request.POST and _saved(request, tiers, hours):
            messages.success(request, _("The service policy is saved."))
            return redirect("service_settings")
        now, then = effect_of(list(known.values())), effect_of([form.promise() for form in tiers])
        effects = {"now": now, "then": then, "lines": effect_lines(now, then)}
    refused = [form for form in forms if form.errors]
    context = {"tiers": tiers, "hours": hours, "effects": effects, "refused": refused}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, "portfolio/service_settings.html", context, status=status)


def _promised(request: HttpRequest, tier: Tier) -> dict[str, Any]:
    kept = kept_initial(request, prefix=tier.value)
    if isinstance(kept.get("channels"), str):
        kept["channels"] = [kept["channels"]]
    return {**promise_initial(promises().get(tier.value)), **kept}


def _saved(request: HttpRequest, tiers: list[PromiseForm], hours: HoursForm) -> bool:
    try:
        service_policy_update(
            promised={form.tier.value: form.promise() for form in tiers},
            opens_at=hours.cleaned_data["opens_at"],
            closes_at=hours.cleaned_data["closes_at"],
            by=reader_of(request),
        )
    except DomainError as refusal:
        refuse(hours, refusal)
    return not hours.errors
