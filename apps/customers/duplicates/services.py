"""Pairs of customers that look like one: found, kept, and decided on by people."""

from collections.abc import Collection, Mapping

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.services import audit_record
from apps.customers.duplicates.likeness import Likeness
from apps.customers.duplicates.selectors import found_pairs
from apps.customers.keys import BATCH
from apps.customers.models import Customer, DuplicatePair, KeyKind, PairState, SearchKey
from apps.members.models import Member

# Up to as many customers of one change are looked at for names that are alike too, at some
# milliseconds each; the rest of a large import waits for the night.
MOST_AT_ONCE = 50
MOST_A_NIGHT = 50_000


class PairDecided(DomainError):  # noqa: N818 - named for what happened
    """Somebody has decided on the pair meanwhile."""


def duplicates_note(customers: Collection[int]) -> int:
    """Keep which pairs these customers (by id) make now; how many pairs are new.

    Call it after their keys were refreshed. Open pairs that no longer look like one are forgotten;
    what a person has decided stays decided.
    """
    ids = sorted(set(customers))
    with_alike = len(ids) <= MOST_AT_ONCE
    return sum(
        _note(ids[at : at + BATCH], with_alike=with_alike) for at in range(0, len(ids), BATCH)
    )


def duplicates_sweep() -> int:
    """The night's look at every customer: what is the same, and what is alike of names that are new.

    Comparing names costs some milliseconds each: what is left after `MOST_A_NIGHT` waits for the
    next night.
    """
    rows = Customer.objects.alive().order_by("pk").values_list("pk", flat=True)
    found, last = 0, 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        found += _note(batch, with_alike=False)
        last = batch[-1]
    compared = 0
    while compared < MOST_A_NIGHT and (waiting := _waiting()):
        found += _note(waiting, with_alike=True)
        compared += len(waiting)
    return found


@transaction.atomic
def pair_dismiss(*, pair: DuplicatePair, by: Member) -> None:
    """They are not the same; remembered until somebody takes it back."""
    held = _held(pair, by, PairState.OPEN)
    _decide(held, PairState.DISMISSED, by)
    audit_record(by=by, action="duplicate.dismiss", record=held.first, changes=_named(held))


@transaction.atomic
def pair_reopen(*, pair: DuplicatePair, by: Member) -> None:
    """Take “not the same” back."""
    held = _held(pair, by, PairState.DISMISSED)
    held.state, held.decided_at, held.decided_by = PairState.OPEN, None, None
    held.save(update_fields=["state", "decided_at", "decided_by"])
    audit_record(by=by, action="duplicate.reopen", record=held.first, changes=_named(held))


def _held(pair: DuplicatePair, by: Member, state: PairState) -> DuplicatePair:
    if not DuplicatePair.objects.editable_by(by).filter(pk=pair.pk).exists():
        raise NotPermitted(_("You may read these customers only: ask whoever has one of them."))
    rows = DuplicatePair.objects.select_for_update(of=("self",)).prefetch_related("first", "second")
    held: DuplicatePair = rows.get(pk=pair.pk)
    if held.state != state:
        words = _("Somebody has decided on this pair meanwhile: it is “%(state)s” now.")
        raise PairDecided(words % {"state": held.get_state_display()})
    return held


def _decide(pair: DuplicatePair, state: PairState, by: Member) -> None:
    pair.state, pair.decided_at, pair.decided_by = state, timezone.now(), by
    pair.save(update_fields=["state", "decided_at", "decided_by"])


def _named(pair: DuplicatePair) -> dict[str, list[Customer | None]]:
    return {"duplicate": [None, pair.second]}


@transaction.atomic
def _note(customers: list[int], *, with_alike: bool) -> int:
    found = found_pairs(customers, with_alike=with_alike)
    touching = DuplicatePair.objects.filter(Q(first__in=customers) | Q(second__in=customers))
    known = {
        (one.first_id, one.second_id): one
        for one in touching.select_for_update(of=("self",)).order_by("pk")
    }
    _forget(known, found, with_alike=with_alike)
    _refresh(known, found)
    samples = set(
        Customer.objects.filter(
            pk__in={pk for pair in found for pk in pair}, is_sample=True
        ).values_list("pk", flat=True)
    )
    new = [
        DuplicatePair(
            first_id=pair[0],
            second_id=pair[1],
            reasons=list(one.reasons),
            similarity=one.similarity,
            is_sample=bool(samples & set(pair)),
        )
        for pair, one in sorted(found.items())
        if pair not in known
    ]
    # Another change may have noted the same pair a moment ago.
    DuplicatePair.objects.bulk_create(new, ignore_conflicts=True)
    if with_alike:
        names = SearchKey.objects.filter(customer__in=customers, kind=KeyKind.NAME)
        names.filter(is_compared=False).update(is_compared=True)
    return len(new)


type Pairs = Mapping[tuple[int, int], DuplicatePair]


def _forget(known: Pairs, found: Mapping[tuple[int, int], Likeness], *, with_alike: bool) -> None:
    """Open pairs that look like one no more; without names that are alike nothing is certain."""
    if not with_alike:
        return
    gone = [one.pk for pair, one in known.items() if pair not in found and one.state == "open"]
    DuplicatePair.objects.filter(pk__in=gone).delete()


def _refresh(known: Pairs, found: Mapping[tuple[int, int], Likeness]) -> None:
    changed = []
    for pair in known.keys() & found.keys():
        one, now = known[pair], found[pair]
        if (tuple(one.reasons), one.similarity) != (now.reasons, now.similarity):
            one.reasons, one.similarity = list(now.reasons), now.similarity
            changed.append(one)
    DuplicatePair.objects.bulk_update(changed, ["reasons", "similarity"], batch_size=BATCH)


def _waiting() -> list[int]:
    """The next customers whose names wait to be compared."""
    names = SearchKey.objects.filter(kind=KeyKind.NAME, is_compared=False)
    return sorted(set(names.order_by("pk").values_list("customer", flat=True)[:BATCH]))
