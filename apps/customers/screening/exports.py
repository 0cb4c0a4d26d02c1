"""The list of parked customers as a file."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.export_cells import Cell
from apps.core.exports import Export, ExportColumn
from apps.core.formats import listed
from apps.core.models import Organisation
from apps.customers.screening.selectors import ScreeningLine, screening_lines


def parked_export() -> Export:
    columns = (
        ExportColumn(gettext_lazy("Customer"), lambda line: line.screening.customer.name, width=36),
        ExportColumn(gettext_lazy("Owner"), _owner, width=24),
        ExportColumn(gettext_lazy("Industry"), lambda line: line.screening.customer.industry),
        ExportColumn(gettext_lazy("Region"), lambda line: line.screening.customer.region),
        ExportColumn(gettext_lazy("Total"), lambda line: line.screening.total),
        ExportColumn(gettext_lazy("Highest total"), lambda line: line.highest),
        ExportColumn(gettext_lazy("Minimum total"), lambda line: line.screening.minimum),
        ExportColumn(gettext_lazy("Veto"), lambda line: listed(line.vetoes), width=24),
        ExportColumn(gettext_lazy("Reason"), lambda line: line.screening.reason, width=48),
        ExportColumn(gettext_lazy("Parked by"), lambda line: line.screening.by.name, width=24),
        ExportColumn(gettext_lazy("Parked on"), _parked_on),
    )
    return Export("parked", columns, screening_lines)


def _owner(line: ScreeningLine) -> str:
    owner = line.screening.customer.owner
    return owner.name if owner else _("Pool")


def _parked_on(line: ScreeningLine) -> Cell:
    return Organisation.current().day_of(line.screening.at)
