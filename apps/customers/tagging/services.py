"""Tags: put on customers, taken off, and kept in order by administrators."""

import unicodedata
from collections.abc import Iterable

from django.db import models, transaction
from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.services import audit_record
from apps.customers.models import Customer, Tag
from apps.customers.tagging.selectors import tags_of
from apps.members.models import Member
from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind

LONGEST = 50
MOST_AT_ONCE = 10
# Between the tags of a list, in any script: no part of a tag.
COMMAS = ",;\N{FULLWIDTH COMMA}\N{IDEOGRAPHIC COMMA}\N{FULLWIDTH SEMICOLON}"


class NotATag(DomainError):  # noqa: N818 - named for what it is
    """A text that can't be a tag."""


class TagTaken(DomainError):  # noqa: N818 - named for what is the case
    """There is a tag of this name."""


class TagGone(DomainError):  # noqa: N818 - named for what happened
    """The tag was merged or deleted meanwhile."""


def tag_names(text: str) -> list[str]:
    """The tags of a text with commas between them, each once whatever its case.

    Raises NotATag where one is too long, can't be printed, or where there are too many.
    """
    for comma in COMMAS:
        text = text.replace(comma, "\n")
    words = [" ".join(unicodedata.normalize("NFC", word).split()) for word in text.split("\n")]
    known: dict[str, str] = {}
    for word in filter(None, words):
        known.setdefault(word.upper(), word)
    names = list(known.values())
    for name in names:
        if len(name) > LONGEST:
            raise NotATag(_("Shorten the tag “%(tag)s…” to 50 characters.") % {"tag": name[:20]})
        if not name.isprintable():
            raise NotATag(_("Take the characters out that can't be printed."))
    if len(names) > MOST_AT_ONCE:
        raise NotATag(_("Put at most 10 tags at once."))
    return names


@transaction.atomic
def tags_put(*, customers: Iterable[int], names: Iterable[str], by: Member) -> list[int]:
    """Put tags on customers, new ones included; ids of the customers that lacked one.

    Raises NotPermitted if one of them is not the person's to change.
    """
    held = _held(customers, by)
    tags = _tags(names, by)
    through = Customer.tags.through
    put = set(
        through.objects.filter(customer__in=held, tag__in=tags).values_list("customer", "tag")
    )
    lacking = [(pk, tag.pk) for pk in held for tag in tags if (pk, tag.pk) not in put]
    changed = sorted({pk for pk, _tag in lacking})
    before = tags_of(changed) if len(changed) == 1 else {}
    through.objects.bulk_create(
        [through(customer_id=customer, tag_id=tag) for customer, tag in lacking],
        ignore_conflicts=True,
    )
    _record(changed, before, tags, by, action="customer.tag", many="customer.tag_many")
    return changed


@transaction.atomic
def tags_take(*, customers: Iterable[int], names: Iterable[str], by: Member) -> list[int]:
    """Take tags off customers; ids of those that had one. Refusals as with `tags_put`."""
    held = _held(customers, by)
    tags = list(_named(names))
    rows = Customer.tags.through.objects.filter(customer__in=held, tag__in=tags)
    changed = sorted(set(rows.values_list("customer", flat=True)))
    before = tags_of(changed) if len(changed) == 1 else {}
    rows.delete()
    _record(changed, before, tags, by, action="customer.untag", many="customer.untag_many")
    return changed


@transaction.atomic
def tag_rename(*, tag: Tag, name: str, by: Member) -> Tag:
    """Call a tag otherwise on all its customers. Raises TagTaken, TagGone, NotATag, NotPermitted."""
    held, [named] = _to_settle(tag, by), _one_name(name)
    if _named([named]).exclude(pk=held.pk).exists():
        raise TagTaken(_("There is a tag “%(tag)s”: merge the two instead.") % {"tag": named})
    before, held.name = held.name, named
    held.save(update_fields=["name"])
    audit_record(by=by, action="tag.rename", record=held, changes={"name": [before, named]})
    return held


@transaction.atomic
def tag_merge(*, tag: Tag, into: Tag, by: Member) -> int:
    """Put the other tag on all customers of this one, and let this one go; how many that were."""
    if tag.pk == into.pk:
        raise DomainError(_("Choose another tag to merge this one into."))
    for one in sorted((tag, into), key=lambda one: one.pk):
        _to_settle(one, by)
    through = Customer.tags.through
    ids = list(
        through.objects.filter(tag=tag.pk).order_by("customer").values_list("customer", flat=True)
    )
    through.objects.bulk_create(
        [through(customer_id=pk, tag_id=into.pk) for pk in ids], ignore_conflicts=True
    )
    audit_record(
        by=by,
        action="tag.merge",
        record=tag,
        changes={"tag": [tag.name, into.name]},
        count=len(ids),
    )
    Tag.objects.filter(pk=tag.pk).delete()
    return len(ids)


@transaction.atomic
def tag_delete(*, tag: Tag, by: Member) -> None:
    """Take a tag off all customers and let it go."""
    held = _to_settle(tag, by)
    count = Customer.tags.through.objects.filter(tag=held).count()
    audit_record(by=by, action="tag.delete", record=held, count=count)
    Tag.objects.filter(pk=held.pk).delete()


def _to_settle(tag: Tag, by: Member) -> Tag:
    if writes(by, RecordKind.SETTINGS) is not Reach.ALL:
        raise NotPermitted(_("Tags are renamed, merged and deleted by administrators."))
    held: Tag | None = Tag.objects.select_for_update().filter(pk=tag.pk).first()
    if held is None:
        raise TagGone(_("This tag was merged or deleted meanwhile."))
    return held


def _one_name(name: str) -> list[str]:
    names = tag_names(name)
    if len(names) != 1:
        raise NotATag(_("Give the tag one name, without commas."))
    return names


def _held(customers: Iterable[int], by: Member) -> list[int]:
    """Ids of the customers, locked in the order of their keys."""
    ids = set(customers)
    rows = Customer.objects.editable_by(by).filter(pk__in=ids).order_by("pk")
    held = list(rows.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    if len(held) != len(ids):
        raise NotPermitted(
            _("You may read this customer only. One of the pool has to be claimed first.")
        )
    return held


def _named(names: Iterable[str]) -> "models.QuerySet[Tag]":
    return Tag.objects.annotate(capitals=Upper("name")).filter(
        capitals__in=[name.upper() for name in names]
    )


def _tags(names: Iterable[str], by: Member) -> list[Tag]:
    """The tags of these names, made where there are none."""
    wanted = list(names)
    known = {tag.name.upper() for tag in _named(wanted)}
    Tag.objects.bulk_create(
        [Tag(name=name, is_sample=by.is_sample) for name in wanted if name.upper() not in known],
        ignore_conflicts=True,
    )
    return list(_named(wanted))


def _record(
    changed: list[int],
    before: dict[int, list[str]],
    tags: list[Tag],
    by: Member,
    *,
    action: str,
    many: str,
) -> None:
    """One entry; of a single customer with its tags before and after."""
    if len(changed) > 1:
        names = [tag.name for tag in tags]
        audit_record(
            by=by, action=many, record=Customer, rows=changed, count=len(changed), tags=names
        )
    for customer in Customer.objects.filter(pk__in=changed) if len(changed) == 1 else ():
        now = tags_of(changed).get(customer.pk, [])
        changes = {"tags": [before.get(customer.pk, []), now]}
        audit_record(by=by, action=action, record=customer, changes=changes)
