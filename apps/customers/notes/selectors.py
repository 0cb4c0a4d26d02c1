"""Reads of notes: as they are printed, and whom one may mention."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import F, Q, Value
from django.db.models.lookups import IStartsWith

from apps.customers.models import Customer, Note
from apps.customers.notes.mentions import Part, Person, beginnings, parts_of
from apps.customers.notes.readers import readers_of
from apps.members.models import Member
from apps.members.querysets import Viewer, writes
from apps.members.roles import Reach, RecordKind

SUGGESTED = 8
# As many “@” of a text are looked up; a name is no longer than that.
MOST_MENTIONS, LONGEST_NAME = 50, 254


@dataclass(frozen=True)
class NoteLine:
    """A note as the reader sees it; `parts` are its text with people and addresses marked."""

    note: Note
    parts: list[Part]
    may_edit: bool
    may_delete: bool


def note_lines(notes: Iterable[Note], user: Viewer, *, may_change: bool) -> list[NoteLine]:
    """The notes (with `mentions` and `author` loaded) of one customer, for a reader.

    Their author edits them; who leads deletes those of others too. Both only where they may change
    the customer.
    """
    leads = writes(user, RecordKind.SALES) >= Reach.SUBTREE
    return [
        NoteLine(
            note=note,
            parts=parts_of(note.text, map(person_of, note.mentions.all())),
            may_edit=may_change and note.author_id == user.pk,
            may_delete=may_change and (leads or note.author_id == user.pk),
        )
        for note in notes
    ]


def person_of(member: Member) -> Person:
    return Person(member.pk, member.name, member.email)


def people_named(customer: Customer, text: str) -> list[Person]:
    """Who may see the customer and stands in the text after an “@”."""
    found = beginnings(text)[:MOST_MENTIONS]
    if not found:
        return []
    asked = [Value(text[start : start + LONGEST_NAME]) for start in found]
    fits = reduce(
        or_,
        (Q(IStartsWith(one, F(field))) for one in asked for field in ("name", "email")),
    )
    rows = readers_of(customer).filter(fits).order_by("pk")
    return [person_of(member) for member in rows]


@dataclass(frozen=True)
class Suggestion:
    """A member to mention; `word` is what goes into the text: the email where names are equal."""

    member: Member
    word: str


def people_to_mention(customer: Customer, text: str) -> list[Suggestion]:
    """The first members who may see the customer and are called so, by a word of their name."""
    rows = readers_of(customer)
    if text:
        rows = rows.filter(
            Q(name__istartswith=text) | Q(name__icontains=f" {text}") | Q(email__istartswith=text)
        )
    found = list(rows.order_by("name", "pk")[:SUGGESTED])
    bearers = readers_of(customer).filter(name__in=[one.name for one in found])
    names = list(bearers.values_list("name", flat=True))
    return [Suggestion(one, one.name if names.count(one.name) == 1 else one.email) for one in found]
