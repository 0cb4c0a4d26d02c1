"""Breaches of the service policy as a file."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.exports import Export, ExportColumn
from apps.core.models import Organisation
from apps.portfolio.models import BreachKind, PolicyBreach
from apps.portfolio.service.filters import BreachRow, breach_rows


def breach_export() -> Export:
    """Columns in the reader's language."""
    columns = (
        ExportColumn(gettext_lazy("Customer"), lambda row: row.breach.customer.name, width=36),
        ExportColumn(gettext_lazy("Tier"), _tier, width=10),
        ExportColumn(gettext_lazy("What was missed"), _kind, width=26),
        ExportColumn(gettext_lazy("Allowed"), _allowed, width=20),
        ExportColumn(gettext_lazy("Owner"), _owner, width=24),
        ExportColumn(gettext_lazy("Overdue since"), lambda row: row.breach.since_on),
        ExportColumn(gettext_lazy("Days overdue"), lambda row: row.days),
        ExportColumn(gettext_lazy("Ended"), lambda row: row.breach.ended_on),
    )
    return Export("breaches", columns, _rows)


def _rows(batch: Sequence[PolicyBreach]) -> list[BreachRow]:
    return breach_rows(batch, Organisation.current().today())


def _tier(row: BreachRow) -> str:
    return row.breach.get_tier_display() or _("Unrated")


def _kind(row: BreachRow) -> str:
    return row.breach.get_kind_display()


def _owner(row: BreachRow) -> str:
    return row.breach.owner.name if row.breach.owner else ""


def _allowed(row: BreachRow) -> str:
    if row.breach.allowed is None:
        return ""
    if row.breach.kind == BreachKind.RESPONSE:
        return _("%(count)s business hours") % {"count": row.breach.allowed}
    return _("%(count)s days") % {"count": row.breach.allowed}
