"""Customers at risk as a file."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.exports import Export, ExportColumn
from apps.core.formats import organisation_currency
from apps.core.models import Organisation
from apps.portfolio.lifecycle.filters import RiskRow, risk_rows
from apps.portfolio.models import LifecycleFigure


def risk_export() -> Export:
    """Columns in the reader's language."""
    revenue = f"{_('Revenue, 12 months')} ({organisation_currency()})"
    columns = (
        ExportColumn(gettext_lazy("Customer"), lambda row: row.figure.customer.name, width=36),
        ExportColumn(gettext_lazy("State"), _state),
        ExportColumn(gettext_lazy("Tier"), _tier, width=10),
        ExportColumn(gettext_lazy("Owner"), _owner, width=24),
        ExportColumn(gettext_lazy("Orders"), lambda row: row.figure.orders),
        ExportColumn(gettext_lazy("Usual gap, days"), lambda row: row.figure.gap_days),
        ExportColumn(gettext_lazy("Last order"), lambda row: row.figure.last_ordered_on),
        ExportColumn(gettext_lazy("Days since"), lambda row: row.days_since),
        ExportColumn(gettext_lazy("Lapses on"), lambda row: row.figure.lapses_on),
        ExportColumn(revenue, lambda row: row.figure.revenue, width=24),
    )
    return Export("at_risk", columns, _rows)


def _rows(batch: Sequence[LifecycleFigure]) -> list[RiskRow]:
    return risk_rows(batch, Organisation.current().today())


def _state(row: RiskRow) -> str:
    return _("Lapsed") if row.is_lapsed else _("At risk")


def _tier(row: RiskRow) -> str:
    return row.figure.customer.get_tier_display() or _("Unrated")


def _owner(row: RiskRow) -> str:
    owner = row.figure.customer.owner
    return owner.name if owner else ""
