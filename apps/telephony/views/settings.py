"""Phone systems, for administrators."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.core import encryption
from apps.core.answers import form_page, refuse, refuse_fields
from apps.core.errors import DomainError
from apps.core.kept_text import kept_initial
from apps.members.access import for_administrators, reader_of
from apps.telephony import systems
from apps.telephony.forms.settings import ExtensionForm, PhoneSystemForm
from apps.telephony.models import Extension, PhoneSystem
from apps.telephony.selectors import extension_lines, last_event_at, system_lines

# The system's id and its new secret, encrypted, until the one page that shows it.
SHOW_ONCE = "phone_secret_to_show"


@require_http_methods(["GET", "HEAD", "POST"])
@for_administrators
def phone_systems(request: HttpRequest) -> HttpResponse:
    """The phone systems; a new one leads to its page, which shows its secret once."""
    form = PhoneSystemForm(request.POST or None, initial=kept_initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            made, raw = systems.phone_system_create(by=reader_of(request), **form.cleaned_data)
        except DomainError as refusal:
            refuse(form, refusal)
        except ValidationError as error:
            refuse_fields(form, error)
        else:
            request.session[SHOW_ONCE] = [made.pk, encryption.encrypt(raw)]
            return redirect("phone_system", made.pk)
    lines = system_lines(PhoneSystem.objects.visible_to(request.user).order_by("name"))
    return form_page(request, "telephony/systems.html", form, lines=lines)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@for_administrators
def phone_system(request: HttpRequest, pk: int) -> HttpResponse:
    """One phone system: its secret when it is new, whose its extensions are, how to send."""
    system = _found(request, pk)
    form = ExtensionForm(request.POST or None, user=request.user, initial=kept_initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            systems.extension_add(system=system, by=reader_of(request), **form.cleaned_data)
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("Calls of this extension are the member's from now on."))
            return redirect("phone_system", pk)
    return form_page(
        request,
        "telephony/system.html",
        form,
        system=system,
        secret=_secret_to_show(request, pk),
        extensions=extension_lines(system),
        last_at=last_event_at(system),
        address=request.build_absolute_uri(reverse("call_hook")),
    )


def _found(request: HttpRequest, pk: int) -> PhoneSystem:
    found: PhoneSystem = get_object_or_404(PhoneSystem.objects.editable_by(request.user), pk=pk)
    return found


def _secret_to_show(request: HttpRequest, pk: int) -> str:
    made, secret = request.session.get(SHOW_ONCE, (None, ""))
    if made != pk:
        return ""
    del request.session[SHOW_ONCE]
    return encryption.decrypt(secret)


@require_POST
@for_administrators
def phone_system_rotate(request: HttpRequest, pk: int) -> HttpResponse:
    raw = systems.phone_system_rotate(system=_found(request, pk), by=reader_of(request))
    request.session[SHOW_ONCE] = [pk, encryption.encrypt(raw)]
    return redirect("phone_system", pk)


@require_POST
@for_administrators
def phone_system_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """On with `to=on`, else off."""
    is_active = request.POST.get("to") == "on"
    systems.phone_system_switch(
        system=_found(request, pk), is_active=is_active, by=reader_of(request)
    )
    words = _("Its events are taken again.") if is_active else _("Its events are refused now.")
    messages.success(request, words)
    return redirect("phone_system", pk)


@require_POST
@for_administrators
def phone_extension_remove(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Extension.objects.editable_by(request.user), pk=pk)
    systems.extension_remove(extension=found, by=reader_of(request))
    messages.success(request, _("Calls of this extension are nobody's from now on."))
    return redirect("phone_system", found.system_id)
