"""Settings: what each outcome of a contact proposes."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.activities.models import Outcome
from apps.activities.outcomes.forms import OutcomeRuleForm, initial_of
from apps.activities.outcomes.selectors import rule_now, rules_now
from apps.activities.outcomes.services import outcome_rule_change
from apps.core.answers import form_page, refuse
from apps.core.errors import DomainError
from apps.core.kept_text import kept_initial
from apps.members.access import for_administrators, reader_of


@require_safe
@for_administrators
def outcome_rules(request: HttpRequest) -> HttpResponse:
    return render(request, "activities/outcome_rules.html", {"rules": rules_now()})


@require_http_methods(["GET", "HEAD", "POST"])
@for_administrators
def outcome_rule(request: HttpRequest, outcome: str) -> HttpResponse:
    if outcome not in Outcome.values:
        raise Http404
    rule = rule_now(outcome)
    initial = initial_of(rule) | kept_initial(request, ticks=["needs_next_step", "loses"])
    form = OutcomeRuleForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            outcome_rule_change(outcome=outcome, by=reader_of(request), **form.told())
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("What the outcome proposes is saved."))
            return redirect("outcome_rules")
    return form_page(request, "activities/outcome_rule.html", form, rule=rule)
