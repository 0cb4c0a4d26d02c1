"""Reads: the phone systems and their extensions, and whose a number is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, QuerySet

from apps.customers.models import Contact, Customer, KeyKind, SearchKey
from apps.members.models import Member
from apps.members.querysets import Viewer
from apps.telephony.models import CallEvent, CallProblem, Extension, PhoneSystem


def system_named(name: str) -> PhoneSystem | None:
    """The phone system of that name that takes events."""
    found: PhoneSystem | None = PhoneSystem.objects.filter(name=name, is_active=True).first()
    return found


def member_at(system: PhoneSystem, extension: str) -> Member | None:
    """Whose the extension is; nobody's once its member has left."""
    if not extension:
        return None
    rows = Extension.objects.filter(system=system, number=extension, member__is_active=True)
    found = rows.select_related("member").first()
    return None if found is None else found.member


@dataclass(frozen=True)
class Match:
    """Whose call it was, or why that can't be said."""

    customer: Customer | None = None
    contact: Contact | None = None
    problem: str = ""


def customers_with(number: str, user: Viewer) -> "QuerySet[Any]":
    """Customers that the person sees and that have the number (E.164)."""
    held = SearchKey.objects.filter(kind=KeyKind.PHONE, value=number)
    rows: QuerySet[Any] = Customer.objects.visible_to(user)
    return rows.filter(pk__in=held.order_by().values("customer"))


def match_of(number: str, member: Member | None) -> Match:
    """The customer of a number, among those that the member sees: of several, the member's own.

    `number` in E.164; what does not begin with “+” is nobody's.
    """
    if member is None:
        return Match(problem=CallProblem.NO_MEMBER)
    if not number:
        return Match(problem=CallProblem.NO_NUMBER)
    found = list(customers_with(number, member).order_by("pk")) if number[0] == "+" else []
    own = [one for one in found if one.owner_id == member.pk]
    chosen = found if len(found) == 1 else own
    if len(chosen) != 1:
        return Match(problem=CallProblem.SEVERAL if found else CallProblem.UNKNOWN)
    customer = chosen[0]
    if not Customer.objects.editable_by(member).filter(pk=customer.pk).exists():
        return Match(problem=CallProblem.NOT_PERMITTED)
    return Match(customer, contact_with(number, customer))


def contact_with(number: str, customer: Customer) -> Contact | None:
    """The contact of the customer that has the number; of several, the only one still there."""
    keys = SearchKey.objects.filter(kind=KeyKind.PHONE, value=number, customer=customer)
    ids = keys.exclude(contact=None).values("contact")
    people = list(Contact.objects.filter(pk__in=ids, deleted_at__isnull=True).order_by("pk"))
    current = [one for one in people if not one.is_former]
    chosen = current if len(people) > 1 else people
    return chosen[0] if len(chosen) == 1 else None


@dataclass(frozen=True)
class SystemLine:
    """A phone system on the settings page; `last_at` is None where nothing has come yet."""

    system: PhoneSystem
    extensions: int
    last_at: datetime | None


def system_lines(systems: "QuerySet[PhoneSystem]") -> list[SystemLine]:
    """By name; two queries besides the systems' own."""
    rows = list(systems)
    counts = dict(
        Extension.objects.filter(system__in=rows)
        .order_by()
        .values_list("system")
        .annotate(count=Count("pk"))
    )
    return [SystemLine(one, counts.get(one.pk, 0), last_event_at(one)) for one in rows]


def last_event_at(system: PhoneSystem) -> datetime | None:
    """When the last event came; by its index, however many there are."""
    found = CallEvent.objects.filter(system=system).aggregate(last=Max("received_at"))
    last: datetime | None = found["last"]
    return last


def extension_lines(system: PhoneSystem) -> list[Extension]:
    """Its extensions with their members, by number."""
    rows = Extension.objects.filter(system=system).select_related("member")
    return list(rows.order_by("number", "pk"))
