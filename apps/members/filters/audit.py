"""Filters of the audit log."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.audit_kinds import KINDS, kind_label
from apps.core.audit_words import ACTIONS
from apps.core.filtering import DayField, FilterForm
from apps.core.lists import Column
from apps.members.audit.scope import PEOPLE_KINDS
from apps.members.audit.wording import action_label
from apps.members.models import Member
from apps.members.querysets import Viewer, reads
from apps.members.roles import Reach, RecordKind

if TYPE_CHECKING:
    from apps.core.audit_querysets import AuditEntryQuerySet

COLUMNS = (
    Column("when", _("When"), "at", descends=True),
    Column("what", _("What happened")),
    Column("changes", _("Before → after")),
    Column("origin", _("From where")),
)
LARGEST_ID = 2**63 - 1


class AuditFilter(FilterForm):
    """`person` is part of a name or an address; `from` and `to` are days, both included."""

    kind = forms.ChoiceField(label=_("Kind of record"), required=False)
    action = forms.ChoiceField(label=_("What happened"), required=False)
    sort_of = forms.ChoiceField(
        label=_("Which entries"),
        required=False,
        choices=[
            ("", _("All entries")),
            ("readings", _("Readings of sealed records")),
            ("bulk", _("Bulk operations")),
        ],
    )
    person = forms.CharField(label=_("Done by: name or email"), required=False, max_length=100)
    record = forms.IntegerField(
        label=_("Number of the record"), required=False, min_value=1, max_value=LARGEST_ID
    )

    shown = ("kind", "from", "to")
    folded = ("person", "action", "sort_of", "record")
    ranges = (("from", "to"),)

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data)
        self.user = user
        self.fields |= {"from": DayField(_("From")), "to": DayField(_("Until"))}
        kinds = self._kinds()
        refusal = {"invalid_choice": _("There is no such choice.")}
        for name, first, keys in (
            ("kind", _("Every kind"), [(kind, kind_label(kind)) for kind in kinds]),
            ("action", _("Everything"), _actions()),
        ):
            field = self.fields[name]
            rows = sorted(keys, key=lambda pair: pair[1].lower())
            field.choices = [("", first), *rows]  # type: ignore[attr-defined]
            field.error_messages |= refusal

    def _kinds(self) -> Iterable[str]:
        reads_all = reads(self.user, RecordKind.AUDIT) is Reach.ALL
        return KINDS if reads_all else PEOPLE_KINDS

    def apply(self, rows: "AuditEntryQuerySet") -> "AuditEntryQuerySet":
        given = self.cleaned_data
        if given["q"]:
            rows = rows.filter(label__icontains=given["q"])
        if given["person"]:
            text = given["person"]
            found = Member.objects.visible_to(self.user).filter(
                Q(name__icontains=text) | Q(email__icontains=text)
            )
            # Ids, not a subquery: with them the planner reads each person's entries by the index.
            rows = rows.filter(by__in=list(found.order_by().values_list("pk", flat=True)))
        for name, column in (("kind", "kind"), ("action", "action"), ("record", "object_id")):
            if given[name]:
                rows = rows.filter(**{column: given[name]})
        return self._in_time(self._of_sort(rows))

    def _of_sort(self, rows: "AuditEntryQuerySet") -> "AuditEntryQuerySet":
        match self.cleaned_data["sort_of"]:
            case "readings":
                return rows.filter(is_reading=True)
            case "bulk":
                return rows.exclude(rows=[])
        return rows

    def _in_time(self, rows: "AuditEntryQuerySet") -> "AuditEntryQuerySet":
        first, last = self.cleaned_data["from"], self.cleaned_data["to"]
        if first:
            rows = rows.filter(at__gte=_midnight(first))
        if last:
            rows = rows.filter(at__lt=_midnight(last + timedelta(days=1)))
        return rows


def _actions() -> list[tuple[str, str]]:
    return [(action, action_label(action)) for action in ACTIONS]


def _midnight(day: date) -> datetime:
    """The day's beginning in the reader's zone."""
    return timezone.make_aware(datetime.combine(day, time()))
