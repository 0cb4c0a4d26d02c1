"""Writing, editing and deleting notes; who is mentioned is told."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.services import audit_record
from apps.customers.models import Customer, Note
from apps.customers.notes.mentions import mentioned
from apps.customers.notes.selectors import people_named
from apps.customers.writing import customer_held
from apps.members.models import Member
from apps.members.notifications import notify
from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind

MOST_CHARACTERS = 10_000


class UnfitNote(DomainError):  # noqa: N818 - named for what is refused
    """The note can't be kept as it is."""


class NoteChanged(DomainError):  # noqa: N818 - named for what happened
    """The note was changed since its form was opened."""


@transaction.atomic
def note_create(*, customer: Customer, text: str, by: Member) -> Note:
    """Write a note on a customer and tell whom it mentions.

    Raises:
        UnfitNote: empty, too long, or a mention of a name that several people bear.
        CustomerGone, NotPermitted: see `customer_held`.
    """
    held = customer_held(customer, by)
    text = _text(text)
    people = _mentioned(held, text)
    note = Note.objects.create(customer=held, author=by, text=text, is_sample=held.is_sample)
    note.mentions.set(people)
    # Without its words: nobody could take them out of the trail again.
    audit_record(by=by, action="note.create", record=note, changes={"customer": [None, held]})
    _tell(note, people, by)
    return note


@transaction.atomic
def note_edit(*, note: Note, text: str, by: Member, seen: datetime | None) -> Note:
    """Change the words of one's own note; who is mentioned now and was not before is told.

    `seen` is the note's `edited_at` as the form was drawn with it.

    Raises:
        NotPermitted: somebody else's.
        NoteChanged: edited meanwhile, in another window.
        UnfitNote, CustomerGone: as `note_create`.
    """
    held = _held(note, by)
    if held.author_id != by.pk:
        raise NotPermitted(_("Only %(member)s may edit this note.") % {"member": held.author})
    if held.edited_at != seen:
        raise NoteChanged(
            _("This note was changed in another window meanwhile. Compare both, then save again.")
        )
    text = _text(text)
    if text == held.text:
        return held
    people = _mentioned(held.customer, text)
    held.text, held.edited_at = text, timezone.now()
    held.save(update_fields=["text", "edited_at"])
    held.mentions.set(people)
    audit_record(by=by, action="note.edit", record=held)
    _tell(held, people, by)
    return held


@transaction.atomic
def note_delete(*, note: Note, by: Member) -> None:
    """Take a note away: one's own, or as a lead anybody's.

    Raises:
        NotPermitted: somebody else's, by who leads nobody.
        CustomerGone: see `customer_held`.
    """
    held = _held(note, by)
    if held.author_id != by.pk and writes(by, RecordKind.SALES) < Reach.SUBTREE:
        words = _("Only %(member)s and who leads the team may delete this note.")
        raise NotPermitted(words % {"member": held.author})
    held.deleted_at = timezone.now()
    held.save(update_fields=["deleted_at"])
    audit_record(by=by, action="note.delete", record=held)


def _held(note: Note, by: Member) -> Note:
    customer_held(note.customer, by)
    rows = Note.objects.select_for_update(of=("self",)).prefetch_related("customer", "author")
    held = rows.filter(pk=note.pk, deleted_at__isnull=True).first()
    if held is None:
        raise DomainError(_("This note was deleted meanwhile."))
    found: Note = held
    return found


def _text(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not text:
        raise UnfitNote(_("Write something first."))
    if len(text) > MOST_CHARACTERS:
        words = _("The note has %(n)s characters: shorten it to %(most)s.")
        raise UnfitNote(words % {"n": len(text), "most": MOST_CHARACTERS})
    return text


def _mentioned(customer: Customer, text: str) -> list[Member]:
    """Whom the text mentions: only people who may see the customer can be."""
    found, unclear = mentioned(text, people_named(customer, text))
    if unclear:
        words = _("Several people are called %(name)s: mention by email, as @name@example.com.")
        raise UnfitNote(words % {"name": min(unclear)})
    people = Member.objects.filter(pk__in=found).order_by("pk")
    return [one for one in people if Customer.objects.visible_to(one).filter(pk=customer.pk)]


def _tell(note: Note, people: Iterable[Member], by: Member) -> None:
    notify(
        members=people,
        kind="note.mention",
        key=f"note.mention:{note.pk}",
        record=note,
        by=by,
        customer=note.customer,
    )
