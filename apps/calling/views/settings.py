"""When and how often customers may be called: the firm's settings."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.calling.forms.settings import CallRulesForm, initial_values
from apps.calling.services import call_rules_save
from apps.core.answers import form_page, refuse, refuse_fields
from apps.core.errors import DomainError
from apps.core.kept_text import kept_initial
from apps.members.access import for_administrators, reader_of


@require_http_methods(["GET", "HEAD", "POST"])
@for_administrators
def call_settings(request: HttpRequest) -> HttpResponse:
    initial = {**initial_values(), **kept_initial(request, ticks=["are_weekends_allowed"])}
    form = CallRulesForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            call_rules_save(rules=form.changed(), by=reader_of(request))
        except DomainError as refusal:
            refuse(form, refusal)
        except ValidationError as error:
            refuse_fields(form, error)
        else:
            messages.success(request, _("The rules of calling are saved."))
            return redirect("call_settings")
    return form_page(request, "calling/settings.html", form)
