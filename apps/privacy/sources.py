"""Where data of a person are kept, how they are handed out and how they are erased.

A later model with data of customers' people adds its source to `SOURCES`; a test asks of each model
that refers to a contact whether it is among them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.activities.models import Activity, FollowUp, FollowUpChange, Task
from apps.core.models import MailState, Organisation, OutgoingMail
from apps.core.services import plain
from apps.customers.keys import keys_refresh
from apps.customers.models import (
    Contact,
    Customer,
    CustomerFile,
    Merge,
    Note,
    Screening,
    SpecialDate,
)
from apps.customers.normalising import phone_key
from apps.exchange.models import ImportRun
from apps.funnel.models import Opportunity
from apps.members.models import Notification
from apps.privacy.people import GONE, Person
from apps.privacy.versions import versions_erase, versions_read
from apps.satisfaction.models import Survey
from apps.telephony.models import CallEvent, PhoneCall

type Rows = Iterator[dict[str, Any]]
# Nobody receives mail in this zone (RFC 2606).
NOBODY = "erased@example.invalid"


@dataclass(frozen=True)
class Source:
    """One kind of rows: `read` gives what an export says, `erase` how many rows it changed."""

    name: str
    label: Any
    read: Callable[[Person], Rows]
    erase: Callable[[Person], int]


def _row(record: models.Model, *fields: str) -> dict[str, Any]:
    return {name: plain(getattr(record, name)) for name in fields}


def _contacts(person: Person) -> Rows:
    for one in Contact.objects.filter(pk__in=person.contacts).order_by("pk"):
        yield _row(
            one, "name", "job_title", "decision_role", "phone", "email", "other_phones",
            "other_emails", "preferred_channel", "preferred_time", "is_former", "do_not_call_at",
            "do_not_call_reason", "created_at", "deleted_at",
        )  # fmt: skip


def _contacts_erase(person: Person) -> int:
    """The row stays, since activities and surveys count it; nothing in it says who it was."""
    with translation.override(Organisation.current().language):
        name = _("Erased contact")
    rows = Contact.objects.filter(pk__in=person.contacts, erased_at__isnull=True)
    count = rows.update(
        name=name,
        job_title="",
        decision_role="",
        phone="",
        email="",
        other_phones=[],
        other_emails=[],
        preferred_channel="",
        preferred_time="",
        do_not_call_reason="",
        is_former=True,
        erased_at=timezone.now(),
    )
    keys_refresh(person.customers)
    return count


def _customers(person: Person) -> Rows:
    if not person.is_whole_customer:
        return
    for one in Customer.objects.filter(pk__in=person.customers).order_by("pk"):
        told = _row(
            one, "name", "website", "industry", "region", "source", "employees", "annual_revenue",
            "needs", "preferences", "custom", "created_at", "deleted_at",
        )  # fmt: skip
        yield {**told, "tags": list(one.tags.order_by("name").values_list("name", flat=True))}


def _customers_erase(person: Person) -> int:
    if not person.is_whole_customer:
        return 0
    Customer.tags.through.objects.filter(customer__in=person.customers).delete()
    with translation.override(Organisation.current().language):
        name = _("Erased customer")
    rows = Customer.objects.filter(pk__in=person.customers)
    count = rows.update(
        name=name, website="", needs="", preferences="", custom={}, external_id=None
    )
    keys_refresh(person.customers)
    return count


def _dates(person: Person) -> "models.QuerySet[SpecialDate]":
    mine = Q(contact__in=person.contacts)
    return SpecialDate.objects.filter(
        mine | person.of_customer if person.is_whole_customer else mine
    )


def _dates_read(person: Person) -> Rows:
    for one in _dates(person).order_by("pk"):
        yield _row(one, "kind", "label", "month", "day", "year")


def _dates_erase(person: Person) -> int:
    return _dates(person).delete()[0]


@dataclass(frozen=True)
class Texts:
    """Free texts about a customer: the person's own rows, and others that name the person."""

    model: type[models.Model]
    fields: tuple[str, ...]
    told: tuple[str, ...]
    # Rows whose text is about the person whatever it says.
    own: str = ""
    # The way to the row that names the customer, where it is not this one.
    path: str = ""

    def read(self, person: Person) -> Rows:
        for one in self._rows(person):
            if self._is_own(one, person) or any(
                person.is_in(self._text(one, f)) for f in self.fields
            ):
                yield _row(one, *self.told, *self.fields)

    def erase(self, person: Person) -> int:
        changed = []
        for one in self._rows(person):
            before = [self._text(one, name) for name in self.fields]
            for name in self.fields:
                text = "" if self._is_own(one, person) else person.without(self._text(one, name))
                setattr(one, name, text)
            if before != [self._text(one, name) for name in self.fields]:
                changed.append(one)
        self.model._default_manager.bulk_update(changed, self.fields, batch_size=500)
        return len(changed)

    def _rows(self, person: Person) -> "models.QuerySet[Any]":
        ours = {f"{self.path}customer__in": person.customers}
        return self.model._default_manager.filter(**ours).order_by("pk")

    def _is_own(self, one: models.Model, person: Person) -> bool:
        return person.is_whole_customer or (
            bool(self.own) and getattr(one, self.own) in person.contacts
        )

    @staticmethod
    def _text(one: models.Model, name: str) -> str:
        return str(getattr(one, name) or "")


ACTIVITIES = Texts(
    Activity, ("note", "objection"), ("channel", "direction", "at", "outcome"), "contact_id"
)
FOLLOW_UPS = Texts(FollowUp, ("purpose",), ("due_on", "channel", "done_at"), "contact_id")
FOLLOW_UP_CHANGES = Texts(FollowUpChange, ("reason",), ("at", "kind"), path="follow_up__")
TASKS = Texts(Task, ("title", "note"), ("due_on", "state"))
NOTES = Texts(Note, ("text",), ("at",))
SCREENINGS = Texts(Screening, ("reason",), ("at", "total"))
SURVEYS = Texts(Survey, ("comment",), ("kind", "sent_at", "answered_at", "score"), "contact_id")
OPPORTUNITIES = Texts(Opportunity, ("name",), ("opened_on", "closed_on"))


def _files(person: Person) -> Rows:
    for one in CustomerFile.objects.filter(person.of_customer).order_by("pk"):
        if person.is_whole_customer or person.is_in(one.name):
            yield _row(one, "name", "at", "size", "content_type", "sha256")


def _files_erase(person: Person) -> int:
    """Files of the whole customer go; of one contact only those whose name says so."""
    gone = [
        one
        for one in CustomerFile.objects.filter(person.of_customer).exclude(file="").order_by("pk")
        if person.is_whole_customer or person.is_in(one.name)
    ]
    for one in gone:
        stored = one.file.name
        one.deleted_at = one.deleted_at or timezone.now()
        one.name, one.file.name = GONE, ""
        one.save(update_fields=["deleted_at", "name", "file"])
        # Only after the rows are sure to stay erased.
        transaction.on_commit(_remover(stored))
    return len(gone)


def _remover(stored: str) -> Callable[[], None]:
    return lambda: default_storage.delete(stored)


def _calls(person: Person) -> "models.QuerySet[Any]":
    """Calls with the person, and those of their numbers that became nobody else's."""
    country = Organisation.current().country
    numbers = {phone_key(one, country=country) for one in person.phones} - {""}
    unassigned = Q(customer__isnull=True) | person.of_customer
    mine = Q(contact__in=person.contacts) | (Q(number__in=numbers) & unassigned)
    return PhoneCall.objects.filter(
        mine | person.of_customer if person.is_whole_customer else mine
    ).order_by("pk")


def _calls_read(person: Person) -> Rows:
    for one in _calls(person):
        yield _row(one, "number", "direction", "at", "talk_seconds")


def _calls_erase(person: Person) -> int:
    """The calls stay, as their activities do; their numbers go, also from the events."""
    gone = list(_calls(person).exclude(raw_number="", number="", dismissed_reason=""))
    for one in gone:
        events = CallEvent.objects.filter(system=one.system_id, call_id=one.call_id)
        events.update(from_number="", to_number="")
    return PhoneCall.objects.filter(pk__in=[one.pk for one in gone]).update(
        number="", raw_number="", dismissed_reason=""
    )


def _mails(person: Person) -> "models.QuerySet[OutgoingMail]":
    return OutgoingMail.objects.filter(to__in=person.emails)


def _mails_read(person: Person) -> Rows:
    for one in _mails(person).order_by("pk"):
        yield _row(one, "to", "purpose", "subject", "created_at", "sent_at", "state")


def _mails_erase(person: Person) -> int:
    rows = _mails(person)
    rows.filter(state=MailState.WAITING).update(state=MailState.FAILED)
    return rows.update(to=NOBODY, subject="", text="", html="")


def _merges(person: Person) -> "models.QuerySet[Merge]":
    return Merge.objects.filter(survivor__in=person.customers)


def _nothing(_person: Person) -> Rows:
    """What an undo would need is a copy of what other sources tell."""
    yield from ()


def _merges_erase(person: Person) -> int:
    changed = 0
    for one in _merges(person).order_by("pk"):
        before, moved = _blotted(one.before, person), _blotted(one.moved, person)
        if (before, moved) != (one.before, one.moved):
            one.before, one.moved = before, moved
            one.save(update_fields=["before", "moved"])
            changed += 1
    return changed


def _notifications_erase(person: Person) -> int:
    changed = 0
    rows = Notification.objects.filter(record_kind="customer", record_id__in=person.customers)
    for one in rows.order_by("pk"):
        details = _blotted(one.details, person)
        if details != one.details:
            one.details = details
            one.save(update_fields=["details"])
            changed += 1
    return changed


def _imports(person: Person) -> "Iterator[tuple[ImportRun, str]]":
    """Imports whose refused rows name the person, with the text of the file of these rows."""
    for run in ImportRun.objects.exclude(rejected_count=0).order_by("pk"):
        text = ""
        if run.rejected_file and default_storage.exists(run.rejected_file):
            with default_storage.open(run.rejected_file) as file:
                text = file.read().decode()
        if person.is_in(text) or _blotted(run.rejected, person) != run.rejected:
            yield run, text


def _imports_read(person: Person) -> Rows:
    for run, text in _imports(person):
        lines = [line for line in text.splitlines() if person.is_in(line)]
        yield {**_row(run, "source", "started_at"), "refused_rows": lines}


def _imports_erase(person: Person) -> int:
    count = 0
    for run, text in _imports(person):
        run.rejected = _blotted(run.rejected, person)
        if person.is_in(text):
            former = run.rejected_file
            content = ContentFile(person.without(text).encode())
            run.rejected_file = default_storage.save(former, content)
            transaction.on_commit(_remover(former))
        run.save(update_fields=["rejected", "rejected_file"])
        count += 1
    return count


def _blotted(value: Any, person: Person) -> Any:  # noqa: ANN401 - whatever JSON holds
    match value:
        case str():
            return person.without(value)
        case dict():
            return {key: _blotted(one, person) for key, one in value.items()}
        case list():
            return [_blotted(one, person) for one in value]
        case _:
            return value


def _texts(name: str, label: Any, texts: Texts) -> Source:  # noqa: ANN401 - a lazy text
    return Source(name, label, texts.read, texts.erase)


# Those that others look for names in come first; the names themselves go last.
SOURCES: Sequence[Source] = (
    Source("special_dates", gettext_lazy("Special dates"), _dates_read, _dates_erase),
    _texts("activities", gettext_lazy("Activities"), ACTIVITIES),
    Source(
        "activity_versions",
        gettext_lazy("Earlier versions of activities"),
        versions_read,
        versions_erase,
    ),
    _texts("follow_ups", gettext_lazy("Follow-ups"), FOLLOW_UPS),
    _texts("follow_up_changes", gettext_lazy("Changes of follow-ups"), FOLLOW_UP_CHANGES),
    _texts("tasks", gettext_lazy("Tasks"), TASKS),
    _texts("notes", gettext_lazy("Notes"), NOTES),
    _texts("screenings", gettext_lazy("Screenings"), SCREENINGS),
    _texts("surveys", gettext_lazy("Surveys"), SURVEYS),
    _texts("opportunities", gettext_lazy("Opportunities"), OPPORTUNITIES),
    Source("files", gettext_lazy("Files"), _files, _files_erase),
    Source("phone_calls", gettext_lazy("Phone calls"), _calls_read, _calls_erase),
    Source("mails", gettext_lazy("Mails"), _mails_read, _mails_erase),
    Source("merges", gettext_lazy("Merges"), _nothing, _merges_erase),
    Source("notifications", gettext_lazy("Notifications"), _nothing, _notifications_erase),
    Source("imports", gettext_lazy("Imports"), _imports_read, _imports_erase),
    Source("contacts", gettext_lazy("Contacts"), _contacts, _contacts_erase),
    Source("customers", gettext_lazy("Customers"), _customers, _customers_erase),
)
