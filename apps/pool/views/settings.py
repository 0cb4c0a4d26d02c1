"""The rules of the pool, and what they would release before they are saved."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from apps.core.answers import form_page, refuse, refuse_fields
from apps.core.errors import DomainError
from apps.core.exports import export_response
from apps.core.kept_text import kept_initial
from apps.core.models import Organisation
from apps.customers.models import Customer
from apps.members.access import for_administrators, reader_of
from apps.members.querysets import may_export
from apps.pool.dry_run import DryRun, dry_run, named
from apps.pool.exports import COLUMNS, NoFilter, dry_run_export
from apps.pool.forms.settings import PoolSettingsForm, initial_values, said
from apps.pool.models import PoolSettings
from apps.pool.services import pool_settings_save
from apps.pool.states import Rules, rules_now, rules_of

# As many customers as the page names; the file has all.
MOST_NAMED = 25


@require_http_methods(["GET", "HEAD", "POST"])
@for_administrators
def pool_settings(request: HttpRequest) -> HttpResponse:
    """Without `save` a POST only says what the changed rules would release."""
    initial = {**initial_values(), **kept_initial(request, ticks=["is_on"])}
    form = PoolSettingsForm(request.POST or None, initial=initial)
    content: dict[str, object] = {}
    if request.method == "POST" and form.is_valid():
        if "save" not in request.POST:
            content = _checked(form)
        elif _saved(request, form):
            messages.success(request, _("The rules of the pool are saved."))
            return redirect("pool_settings")
    return form_page(request, "pool/settings.html", form, **content)


def _checked(form: PoolSettingsForm) -> dict[str, object]:
    found: DryRun = dry_run(_rules(form))
    query = urlencode(said(form, form.fields))
    return {
        "dry_run": found,
        "named": named(found.rows, MOST_NAMED),
        "file_address": f"{reverse('pool_dry_run_export')}?{query}",
    }


def _rules(form: PoolSettingsForm) -> Rules:
    settings, _limits, rules = form.changed()
    if settings.is_on and not PoolSettings.current().is_on:
        settings.on_since = Organisation.current().today()
    return rules_of(settings, rules)


def _saved(request: HttpRequest, form: PoolSettingsForm) -> bool:
    settings, limits, rules = form.changed()
    try:
        pool_settings_save(settings=settings, limits=limits, rules=rules, by=reader_of(request))
    except DomainError as refusal:
        refuse(form, refusal)
    except ValidationError as error:
        refuse_fields(form, error)
    return not form.errors


@require_GET
@for_administrators
def pool_dry_run_export(request: HttpRequest) -> HttpResponseBase:
    """All that the rules in the address would release; without any, those that are saved."""
    if not may_export(request.user):
        raise Http404
    form = PoolSettingsForm(request.GET)
    rules = _rules(form) if form.is_valid() else rules_now()
    found = {row.customer: row for row in dry_run(rules).rows}
    return export_response(
        request,
        Customer.objects.visible_to(request.user).filter(pk__in=list(found)),
        NoFilter(),
        listed=COLUMNS,
        default="name",
        export=dry_run_export(found),
    )
