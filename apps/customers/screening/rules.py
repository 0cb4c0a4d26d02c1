"""What a screening asks, and from which total on a customer qualifies: settled by administrators.

Screenings that were made keep their grades, total, minimum and verdict, whatever changes here.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.errors import DomainError, NotPermitted
from apps.core.services import audit_record, changed_values, values_of
from apps.customers.models import ScreeningDimension, ScreeningRule
from apps.customers.screening.arithmetic import minimum_range
from apps.members.models import Member

FIELDS = ("names", "grades", "veto_up_to", "is_active")
UP, DOWN = "up", "down"


class MinimumOutOfRange(DomainError):  # noqa: N818 - named for what is the case
    """No total of the dimensions in use is so low, or so high."""


class NothingGraded(DomainError):  # noqa: N818 - named for what would be
    """No dimension would be in use."""


class KeyTaken(DomainError):  # noqa: N818 - named for what is the case
    """There is a dimension of this name."""


@transaction.atomic
def screening_minimum_set(*, minimum: int, by: Member) -> ScreeningRule:
    """Change the least total that qualifies.

    Raises NotPermitted, and MinimumOutOfRange where the dimensions in use can't make such a total.
    """
    rule = _rule_held(by)
    _refuse_out_of_range(minimum, _in_use().count())
    before = values_of(rule, ["minimum"])
    rule.minimum = minimum
    if changes := changed_values(rule, before):
        rule.save(update_fields=["minimum"])
        audit_record(by=by, action="screeningrule.update", record=rule, changes=changes)
    return rule


@transaction.atomic
def screening_dimension_save(
    *, dimension: ScreeningDimension, values: Mapping[str, Any], by: Member
) -> ScreeningDimension:
    """Make a dimension or change one; `values` are `FIELDS` and, of a new one, its `key`.

    Raises:
        NotPermitted: only administrators do.
        KeyTaken: a new one is named like one that exists.
        NothingGraded: it is the last one in use.
        MinimumOutOfRange: with as many dimensions as there would be, the minimum makes no sense.
    """
    rule = _rule_held(by)
    is_new = dimension.pk is None
    if not is_new:
        dimension = ScreeningDimension.objects.select_for_update().get(pk=dimension.pk)
    elif ScreeningDimension.objects.filter(key=values["key"]).exists():
        raise KeyTaken(_("There is a dimension of this name: take another one, or change that."))
    before = {} if is_new else values_of(dimension, FIELDS)
    for name, value in values.items():
        setattr(dimension, name, value)
    if is_new:
        dimension.rank = _last_rank() + 1
    changes = changed_values(dimension, before, FIELDS)
    dimension.full_clean()
    _refuse_out_of_range(rule.minimum, _count_with(dimension))
    dimension.save()
    if changes:
        verb = "create" if is_new else "update"
        audit_record(by=by, action=f"screeningdimension.{verb}", record=dimension, changes=changes)
    return dimension


@transaction.atomic
def screening_dimension_move(*, dimension: ScreeningDimension, to: str, by: Member) -> None:
    """Change places with the neighbour above or below; at the end nothing happens."""
    _rule_held(by)
    rows = list(ScreeningDimension.objects.select_for_update().order_by("rank", "pk"))
    keys = [row.pk for row in rows]
    at = keys.index(dimension.pk)
    other = at - 1 if to == UP else at + 1
    if not 0 <= other < len(rows):
        return
    rows[at], rows[other] = rows[other], rows[at]
    for rank, row in enumerate(rows, start=1):
        row.rank = rank
    ScreeningDimension.objects.bulk_update(rows, ["rank"])
    audit_record(by=by, action="screeningdimension.move", record=rows[other])


def _rule_held(by: Member) -> ScreeningRule:
    """The rule, locked: every change of the rules waits for the one before."""
    if not by.role.administers:
        raise NotPermitted(_("Only administrators settle how customers are screened."))
    ScreeningRule.current()
    return ScreeningRule.objects.select_for_update().get()


def _in_use() -> Any:  # noqa: ANN401 - a queryset
    return ScreeningDimension.objects.filter(is_active=True)


def _count_with(dimension: ScreeningDimension) -> int:
    """How many dimensions are in use once this one is as it is now."""
    others = _in_use().exclude(pk=dimension.pk).count()
    return int(others + bool(dimension.is_active))


def _last_rank() -> int:
    last = ScreeningDimension.objects.order_by("rank").last()
    return last.rank if last else 0


def _refuse_out_of_range(minimum: int, count: int) -> None:
    if not count:
        raise NothingGraded(_("At least one dimension has to be in use."))
    least, most = minimum_range(count)
    if not least <= minimum <= most:
        message = ngettext(
            "With %(count)s dimension in use the minimum lies between %(least)s and %(most)s, not at"
            " %(minimum)s: choose another minimum first.",
            "With %(count)s dimensions in use the minimum lies between %(least)s and %(most)s, not at"
            " %(minimum)s: choose another minimum first.",
            count,
        )
        given = {"count": count, "least": least, "most": most, "minimum": minimum}
        raise MinimumOutOfRange(message % given)
