"""The tiers of the customer base, the panel on a customer's page, tiers set by hand, the rule."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from apps.core.answers import form_page, refuse
from apps.core.errors import DomainError, NotPermitted
from apps.core.kept_text import kept_initial
from apps.core.lists import list_response, listing
from apps.core.models import Organisation
from apps.customers.access import for_customer_forms, for_customer_roles
from apps.customers.models import Customer, Tier
from apps.members.access import for_administrators, reader_of
from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind
from apps.portfolio.forms.tiers import TierOverrideForm, TierRuleForm
from apps.portfolio.models import TierChange, TierFigure, TierOverride, TierRule
from apps.portfolio.tiers import selectors, services
from apps.portfolio.tiers.charts import concentration_chart
from apps.portfolio.tiers.filters import (
    CHANGE_COLUMNS,
    OVERRIDE_COLUMNS,
    PENDING_COLUMNS,
    OfTeamFilter,
    TierChangeFilter,
)
from apps.portfolio.tiers.what_if import effect_of


@for_customer_roles
def tiers(request: HttpRequest) -> HttpResponse:
    """How many customers each tier has and what they bring, what is about to change, who moved."""
    changes = listing(
        request,
        TierChange.objects.visible_to(request.user),
        TierChangeFilter(request.GET, user=request.user),
        columns=CHANGE_COLUMNS,
        default="-on",
    )
    context: dict[str, Any] = {"rows": selectors.drift_rows(changes.rows, request.user)}
    if not _wants_results(request):
        overview = selectors.overview(request.user)
        context |= {
            "overview": overview,
            "chart": concentration_chart(overview),
            "rule": TierRule.current(),
            "scope": selectors.scope_words(request.user),
            "coming": selectors.coming(request.user),
            "is_administrator": writes(request.user, RecordKind.SETTINGS) is Reach.ALL,
        }
    return list_response(request, "portfolio/tiers.html", changes, **context)


def _wants_results(request: HttpRequest) -> bool:
    """Only the list was asked for: the figures above it stay on the page as they are."""
    htmx = request.htmx  # type: ignore[attr-defined] # by django-htmx's middleware
    return htmx.target == "results" and not htmx.history_restore_request


@for_customer_roles
def tiers_pending(request: HttpRequest) -> HttpResponse:
    result = listing(
        request,
        TierFigure.objects.visible_to(request.user).pending(),
        OfTeamFilter(request.GET, user=request.user),
        columns=PENDING_COLUMNS,
        default="-runs",
    )
    context = {"runs_to_change": TierRule.current().runs_to_change}
    return list_response(request, "portfolio/tiers_pending.html", result, **context)


@for_customer_roles
def tiers_overrides(request: HttpRequest) -> HttpResponse:
    result = listing(
        request,
        TierOverride.objects.visible_to(request.user).in_force(),
        OfTeamFilter(request.GET, user=request.user),
        columns=OVERRIDE_COLUMNS,
        default="ends",
    )
    return list_response(request, "portfolio/tiers_overrides.html", result)


def _customer(request: HttpRequest, pk: int) -> Customer:
    found: Customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    return found


@for_customer_roles
@vary_on_headers("HX-Request")
def customer_tier(request: HttpRequest, pk: int) -> HttpResponse:
    """Part of the customer's page; without htmx a page of its own."""
    customer = _customer(request, pk)
    context = {
        "customer": customer,
        "panel": selectors.customer_tier(customer, request.user),
        "may_override": services.may_override(request.user, customer),
        "is_part": bool(getattr(request, "htmx", False)),
    }
    page = "portfolio/tier_panel.html" if context["is_part"] else "portfolio/tier_panel_page.html"
    return render(request, page, context)


@for_customer_forms
def tier_override(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the customer's tier by hand."""
    customer = _customer(request, pk)
    if not services.may_override(request.user, customer):
        raise NotPermitted(_("Who leads the team of this customer's owner sets its tier by hand."))
    last_day = services.override_last_day(Organisation.current().today())
    initial = {"tier": customer.tier or Tier.B, "ends_on": last_day, **kept_initial(request)}
    form = TierOverrideForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _overridden(request, form, customer):
        return redirect("customer", customer.pk)
    content = {"customer": customer, "panel": selectors.customer_tier(customer, request.user)}
    return form_page(request, "portfolio/tier_override.html", form, **content)


def _overridden(request: HttpRequest, form: TierOverrideForm, customer: Customer) -> bool:
    given = form.cleaned_data
    tier = Tier(given["tier"])
    try:
        services.tier_override_set(
            customer=customer,
            tier=tier,
            reason=given["reason"],
            ends_on=given["ends_on"],
            by=reader_of(request),
        )
    except DomainError as refusal:
        refuse(form, refusal)
        return False
    words = _("%(name)s is set to %(tier)s by hand.")
    messages.success(request, words % {"name": customer.name, "tier": tier.label})
    return True


@require_POST
@for_customer_forms
def tier_override_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """What the rule says counts again."""
    customer = _customer(request, pk)
    services.tier_override_cancel(customer=customer, by=reader_of(request))
    messages.success(request, _("The tier is computed again."))
    return redirect("customer", customer.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@for_administrators
def tier_settings(request: HttpRequest) -> HttpResponse:
    """The rule; a POST without `save` shows what it would change and saves nothing."""
    rule = TierRule.current()
    initial = {**TierRuleForm.initial_of(rule), **kept_initial(request)}
    form = TierRuleForm(request.POST or None, initial=initial)
    effect = None
    if request.method == "POST" and form.is_valid():
        if "save" in request.POST:
            services.tier_rule_save(values=form.values(), by=reader_of(request))
            messages.success(request, _("The rule is saved; the coming night computes by it."))
            return redirect("tier_settings")
        effect = effect_of(form.rule(), Organisation.current().today())
    content = {"effect": effect, "rule": rule}
    return form_page(request, "portfolio/tier_settings.html", form, **content)
