"""Surveys on a customer's page: what was said, what waits for an answer, asking."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.answers import refuse
from apps.core.errors import DomainError, NotPermitted
from apps.core.kept_text import kept_initial
from apps.core.models import Organisation
from apps.customers.access import for_customer_forms
from apps.customers.models import Customer
from apps.members.access import reader_of
from apps.satisfaction.forms import LINK, MAIL, SendForm
from apps.satisfaction.models import Survey, SurveyKind
from apps.satisfaction.selectors import contacts_to_ask, satisfaction_of
from apps.satisfaction.services import AskedRecently, survey_revoke, survey_send

TEMPLATE = "satisfaction/customer_panel.html"


@for_customer_forms
def customer_satisfaction(request: HttpRequest, pk: int) -> HttpResponse:
    """Part of the customer's page."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    may_ask = Customer.objects.editable_by(request.user).filter(pk=pk).exists()
    if request.method == "POST" and not may_ask:
        raise NotPermitted(_("You can't ask contacts of this customer: it is somebody else's."))
    form = _send_form(request, customer) if may_ask else None
    made = None
    if form is not None and request.method == "POST" and form.is_valid():
        made = _sent(request, customer, form)
        if made is not None and not _is_part(request):
            return redirect("customer_satisfaction", pk)
        form = form if made is None else _send_form(request, customer, fresh=True)
    return _panel(request, customer, form, made=made, may_ask=may_ask)


@require_POST
@for_customer_forms
def survey_revoke_action(request: HttpRequest, pk: int) -> HttpResponse:
    seen = Survey.objects.visible_to(request.user).select_related("customer")
    survey = get_object_or_404(seen, pk=pk)
    survey_revoke(survey=survey, by=reader_of(request))
    messages.success(request, _("The survey is taken back: its link opens nothing any more."))
    if not _is_part(request):
        return redirect("customer_satisfaction", survey.customer_id)
    form = _send_form(request, survey.customer, fresh=True)
    return _panel(request, survey.customer, form, made=None, may_ask=True)


def _is_part(request: HttpRequest) -> bool:
    htmx = request.htmx  # type: ignore[attr-defined] # by django-htmx's middleware
    return bool(htmx) and not htmx.history_restore_request


def _send_form(request: HttpRequest, customer: Customer, *, fresh: bool = False) -> SendForm:
    contacts = contacts_to_ask(customer)
    initial = {"kind": SurveyKind.CSAT, "way": MAIL, "language": Organisation.current().language}
    sent = None if fresh else request.POST or None
    return SendForm(sent, contacts=contacts, initial={**initial, **kept_initial(request)})


def _sent(request: HttpRequest, customer: Customer, form: SendForm) -> Survey | None:
    """Ask the contact; where that is refused, the form says why."""
    given = form.cleaned_data
    try:
        made = survey_send(
            customer=customer,
            contact=form.chosen,
            kind=SurveyKind(given["kind"]),
            language=given["language"],
            is_by_mail=given["way"] != LINK,
            is_confirmed=given["is_confirmed"],
            by=reader_of(request),
        )
    except AskedRecently as refusal:
        form.asks_to_confirm = True
        refuse(form, refusal)
        return None
    except DomainError as refusal:
        refuse(form, refusal)
        return None
    name = form.chosen.name
    said = _("The survey is on its way to %(name)s.")
    if made.mail_id is None:
        said = _("The link for %(name)s is ready: copy it and pass it on.")
    messages.success(request, said % {"name": name})
    return made


def _panel(
    request: HttpRequest,
    customer: Customer,
    form: SendForm | None,
    *,
    made: Survey | None,
    may_ask: bool,
) -> HttpResponse:
    context = {
        "customer": customer,
        "found": satisfaction_of(customer, may_change=may_ask),
        "form": form,
        "made": made,
        "is_open": form is not None and (bool(form.errors) or bool(kept_initial(request))),
        "oob": request.method == "POST",
    }
    is_refused = form is not None and bool(form.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
    name = f"{TEMPLATE}#panel" if _is_part(request) else TEMPLATE
    return render(request, name, context, status=status)
