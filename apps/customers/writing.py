"""Who may add something to a customer: a note, a file, an activity, a next step."""

from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.customers.models import Customer
from apps.members.models import Member


class CustomerGone(DomainError):  # noqa: N818 - named for what happened
    """The customer was deleted or merged meanwhile."""


def customer_held(customer: Customer, by: Member | None) -> Customer:
    """The customer, kept from going away until this transaction ends.

    Raises:
        CustomerGone: it was deleted or merged meanwhile.
        NotPermitted: the person reads the customer only; one of the pool has to be claimed first.
    """
    held = Customer.objects.select_for_update(no_key=True).alive().filter(pk=customer.pk).first()
    if held is None:
        words = _("%(customer)s was deleted or merged meanwhile: look for it in the list.")
        raise CustomerGone(words % {"customer": customer})
    if by is not None and not Customer.objects.editable_by(by).filter(pk=held.pk).exists():
        raise NotPermitted(
            _("You may read this customer only. One of the pool has to be claimed first.")
        )
    found: Customer = held
    return found
