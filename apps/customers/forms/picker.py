"""A form field that chooses one of very many customers: the member picker, for customers."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.customers.models import Customer
from apps.members.forms.picker import MemberField, MemberPicker
from apps.members.querysets import Viewer

MOST_OFFERED = 20


class CustomerPicker(MemberPicker):
    """Suggests customers while one types; without JavaScript its “Search” button looks them up."""

    template = "customers/customer_picker.html"

    def address(self) -> str:
        return reverse("customer_choices")


class CustomerField(MemberField):
    """Chooses a customer that the person sees; call `offer(user)` in the form's `__init__`."""

    widget = CustomerPicker
    default_error_messages = {
        "required": _("Choose a customer."),
        "nobody": _("You see no customer of this name: look for another one."),
    }

    def offer(self, user: Viewer, *, without: Any = None) -> None:  # noqa: ANN401 - a customer
        rows = Customer.objects.visible_to(user)
        self.people = rows.exclude(pk=without.pk) if without is not None else rows

    def search(self, text: str) -> list[Any]:
        return customers_named(self.people, text)[0]


def customers_named(rows: Any, text: str) -> tuple[list[Any], bool]:  # noqa: ANN401 - customers
    """The first customers whose name contains the text, and whether there are more."""
    found = rows.filter(name__icontains=text) if text else rows
    listed = list(found.select_related("owner").order_by("name", "pk")[: MOST_OFFERED + 1])
    return listed[:MOST_OFFERED], len(listed) > MOST_OFFERED
