"""Records about the rep's customer, made anew for each persona that asks for them."""

from collections.abc import Callable

from django.core.files.base import ContentFile
from django.utils.crypto import get_random_string

from apps.activities.models import Task
from apps.activities.planning.task_services import task_add, task_finish
from apps.activities.services import activity_log, follow_up_plan
from apps.core.models import Organisation
from apps.customers.duplicates.services import pair_dismiss
from apps.customers.editing.contacts import contact_create, contact_delete
from apps.customers.editing.deleting import customer_delete
from apps.customers.merging.services import customers_merge
from apps.customers.models import Contact, Customer, CustomerFile, DuplicatePair, SpecialDate
from apps.customers.notes.services import note_create
from apps.members.models import Member
from apps.members.notifications import notify
from tests.access.conftest import Firm
from tests.factories import make_customer


def _note(customer: Customer, rep: Member) -> int:
    return int(note_create(customer=customer, text="Likes film", by=rep).pk)


def _file(customer: Customer, rep: Member) -> int:
    content = ContentFile(b"%PDF-1.7", name=f"customers/{get_random_string(12)}")
    made = CustomerFile.objects.create(
        customer=customer,
        by=rep,
        name="offer.pdf",
        file=content,
        size=8,
        content_type="application/pdf",
        sha256="0" * 64,
    )
    return made.pk


def _activity(customer: Customer, rep: Member) -> int:
    return int(activity_log(customer=customer, channel="call", outcome="reached", by=rep).pk)


def _next_step(customer: Customer, rep: Member) -> int:
    today = Organisation.current().today()
    made = follow_up_plan(customer=customer, due_on=today, channel="call", purpose="Ask", by=rep)
    return int(made.pk)


def _task(customer: Customer, rep: Member) -> int:
    today = Organisation.current().today()
    return int(task_add(assignee=rep, title="Ask", due_on=today, customer=customer, by=rep).pk)


def _done_task(customer: Customer, rep: Member) -> int:
    task = Task.objects.get(pk=_task(customer, rep))
    return int(task_finish(task=task, by=rep).pk)


def _news(customer: Customer, rep: Member) -> int:
    key = get_random_string(12)
    notify(members=[rep], kind="pool.recycled", key=key, record=customer, reason="")
    return int(rep.notifications.get(key=key).pk)


def _customer(customer: Customer, rep: Member) -> int:
    return int(customer.pk)


def _contact(customer: Customer, _rep: Member) -> int:
    return Contact.objects.create(customer=customer, name=get_random_string(8)).pk


def _deleted_contact(customer: Customer, rep: Member) -> int:
    contact = contact_create(customer=customer, values={"name": get_random_string(8)}, by=rep)
    contact_delete(contact=contact, by=rep)
    return int(contact.pk)


def _special_date(customer: Customer, _rep: Member) -> int:
    made = SpecialDate.objects.create(customer=customer, kind="founding", month=2, day=29)
    return int(made.pk)


def _deleted_customer(_customer: Customer, rep: Member) -> int:
    made = make_customer(owner=rep)
    customer_delete(customer=made, reason="twice", by=rep)
    return int(made.pk)


def _pair(customer: Customer, rep: Member) -> int:
    other = make_customer(owner=rep, name=f"{customer.name} GmbH")
    made = DuplicatePair.objects.create(
        first=customer, second=other, reasons=["name"], similarity=1
    )
    return made.pk


def _dismissed_pair(customer: Customer, rep: Member) -> int:
    pair = DuplicatePair.objects.get(pk=_pair(customer, rep))
    pair_dismiss(pair=pair, by=rep)
    return pair.pk


def _merge(_customer: Customer, rep: Member) -> int:
    one, other = make_customer(owner=rep), make_customer(owner=rep)
    made = customers_merge(survivor=one, absorbed=[other.pk], choices={}, owner=rep, by=rep)
    return made.pk


MAKERS: dict[str, Callable[[Customer, Member], int]] = {
    "the rep's customer": _customer,
    "contact": _contact,
    "deleted contact": _deleted_contact,
    "special date": _special_date,
    "deleted customer": _deleted_customer,
    "pair": _pair,
    "dismissed pair": _dismissed_pair,
    "merge": _merge,
    "note": _note,
    "file": _file,
    "activity": _activity,
    "next step": _next_step,
    "task": _task,
    "done task": _done_task,
    "notification": _news,
}


def of_customer(kind: str, firm: Firm) -> int:
    """The id that the address takes."""
    rep = firm.people["rep"]
    assert rep is not None
    return MAKERS[kind](firm.records["customer"]["rep"], rep)
