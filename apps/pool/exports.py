"""What a dry run would release, as a file."""

from collections.abc import Mapping, Sequence

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.exports import Export, ExportColumn
from apps.core.filtering import FilterForm
from apps.core.lists import Column
from apps.customers.models import Customer
from apps.pool.recycling import reason_of
from apps.pool.states import State

COLUMNS = (Column("name", gettext_lazy("Customer"), "name"),)

type Line = tuple[Customer, State]


class NoFilter(FilterForm):
    """The rules were the filter already."""

    def __init__(self) -> None:
        super().__init__(QueryDict())

    def apply(self, rows: object) -> object:
        return rows


def dry_run_export(found: Mapping[int, State]) -> Export:
    columns = (
        ExportColumn(gettext_lazy("Customer"), lambda line: line[0].name, width=36),
        ExportColumn(gettext_lazy("Owner"), lambda line: line[0].owner.name, width=24),
        ExportColumn(gettext_lazy("Tier"), _tier, width=14),
        ExportColumn(gettext_lazy("Reason"), _reason, width=48),
        ExportColumn(gettext_lazy("First clock ended"), lambda line: line[1].ends_on),
        ExportColumn(gettext_lazy("Last day of the hold"), lambda line: line[1].goes_on),
    )

    def lines(batch: Sequence[Customer]) -> list[Line]:
        return [(customer, found[customer.pk]) for customer in batch]

    return Export("pool_dry_run", columns, lines)


def _tier(line: Line) -> str:
    return str(line[0].get_tier_display()) if line[0].tier else _("Unrated")


def _reason(line: Line) -> str:
    state = line[1]
    return reason_of(state.trigger, state.days) if state.trigger and state.days else ""
