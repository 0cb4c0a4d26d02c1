"""Surveys and their answers as a file."""

from collections.abc import Callable, Sequence

from django.utils.translation import gettext_lazy

from apps.core.export_cells import Cell
from apps.core.exports import Export, ExportColumn
from apps.core.models import Organisation
from apps.members.models import Member
from apps.members.querysets import Viewer
from apps.satisfaction.models import Survey


def survey_export(user: Viewer) -> Export:
    """Owners are named as far as the reader knows them."""
    known = dict(Member.objects.visible_to(user).values_list("pk", "name"))
    columns: Sequence[ExportColumn] = (
        ExportColumn(gettext_lazy("Customer"), lambda row: row.customer.name, width=36),
        ExportColumn(gettext_lazy("Contact"), _contact, width=24),
        ExportColumn(gettext_lazy("Question"), lambda row: row.get_kind_display(), width=24),
        ExportColumn(gettext_lazy("Answer"), lambda row: row.score),
        ExportColumn(gettext_lazy("Comment"), lambda row: row.comment, width=60),
        ExportColumn(gettext_lazy("State"), lambda row: str(row.state.label), width=20),
        ExportColumn(gettext_lazy("Owner"), lambda row: known.get(row.owner_id, ""), width=24),
        ExportColumn(gettext_lazy("Sent"), _day("sent_at")),
        ExportColumn(gettext_lazy("Answered"), _day("answered_at")),
    )
    return Export("surveys", columns)


def _contact(row: Survey) -> str:
    return row.contact.name if row.contact else ""


def _day(name: str) -> Callable[[Survey], Cell]:
    def day(row: Survey) -> Cell:
        instant = getattr(row, name)
        return Organisation.current().day_of(instant) if instant else None

    return day
