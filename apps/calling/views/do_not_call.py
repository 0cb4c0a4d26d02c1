"""A contact who must not be called: said on a page of its own, and taken back there."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.calling.forms.do_not_call import ReasonForm
from apps.calling.services import do_not_call_lift, do_not_call_set, may_lift
from apps.core.answers import form_page, refuse
from apps.core.errors import DomainError, NotPermitted
from apps.core.kept_text import kept_initial
from apps.customers.access import for_customer_forms
from apps.customers.models import Contact, Customer
from apps.members.access import reader_of

LIFT = "lift"


@for_customer_forms
def contact_do_not_call(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark the contact; one that is marked already shows since when and why, and may be freed."""
    rows = Contact.objects.visible_to(request.user).select_related("customer")
    contact: Contact = get_object_or_404(rows, pk=pk)
    if not Customer.objects.editable_by(request.user).filter(pk=contact.customer_id).exists():
        raise NotPermitted(
            _("You may read this customer only. One of the pool has to be claimed first.")
        )
    form = ReasonForm(request.POST or None, initial=kept_initial(request))
    if request.method == "POST" and form.is_valid() and _done(request, contact, form):
        return redirect(f"{reverse('customer', args=[contact.customer_id])}#contacts")
    return form_page(
        request,
        "calling/do_not_call.html",
        form,
        contact=contact,
        customer=contact.customer,
        may_lift=may_lift(reader_of(request)),
    )


def _done(request: HttpRequest, contact: Contact, form: ReasonForm) -> bool:
    """By the button that was pressed, so that what a colleague did meanwhile is never turned round."""
    is_lift = request.POST.get("deed") == LIFT
    act = do_not_call_lift if is_lift else do_not_call_set
    try:
        act(contact=contact, reason=form.cleaned_data["reason"], by=reader_of(request))
    except DomainError as refusal:
        refuse(form, refusal)
        return False
    words = _("%(contact)s may be called again.") if is_lift else _("Nobody calls %(contact)s now.")
    messages.success(request, words % {"contact": contact})
    return True
