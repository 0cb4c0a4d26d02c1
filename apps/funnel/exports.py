"""The opportunity list as a file: as they stand, or as they stood on the filters' day."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.exports import Export, ExportColumn
from apps.core.formats import organisation_currency
from apps.core.models import Organisation
from apps.funnel.models import State
from apps.funnel.selectors import OpportunityRow, opportunity_rows


def opportunity_export(as_of: date | None) -> Export:
    """Columns in the reader's language; the level is named, the letter alone says nothing."""
    value = f"{_('Value')} ({organisation_currency()})"
    columns = (
        ExportColumn(
            gettext_lazy("Opportunity"), lambda row: row.opportunity.short_title, width=36
        ),
        ExportColumn(gettext_lazy("Customer"), _customer, width=36),
        ExportColumn(gettext_lazy("Product"), _product, width=24),
        ExportColumn(gettext_lazy("Level"), lambda row: str(row.level), width=26),
        ExportColumn(gettext_lazy("State"), lambda row: str(row.state.label), width=12),
        ExportColumn(value, lambda row: row.value),
        ExportColumn(gettext_lazy("Owner"), lambda row: row.owner, width=24),
        ExportColumn(gettext_lazy("Team"), lambda row: row.team, width=24),
        ExportColumn(gettext_lazy("Opened"), lambda row: row.opportunity.opened_on),
        ExportColumn(gettext_lazy("Days at level"), lambda row: row.days_at_level),
        ExportColumn(gettext_lazy("Expected close"), lambda row: row.opportunity.expected_close_on),
        ExportColumn(gettext_lazy("Closed"), _closed),
        ExportColumn(gettext_lazy("Loss reason"), _loss_reason, width=30),
    )
    today = Organisation.current().today()
    return Export(
        "opportunities", columns, lambda batch: opportunity_rows(batch, today, as_of=as_of)
    )


def _customer(row: OpportunityRow) -> str:
    return row.opportunity.customer.name if row.opportunity.customer else ""


def _product(row: OpportunityRow) -> str:
    return row.opportunity.product.name if row.opportunity.product else row.opportunity.line.name


def _closed(row: OpportunityRow) -> date | None:
    return None if row.state == State.OPEN else row.opportunity.closed_on


def _loss_reason(row: OpportunityRow) -> str:
    return row.opportunity.loss_reason if row.state == State.LOST else ""
