"""Filters of the list of deleted customers."""

from django.utils.translation import gettext_lazy as _

from apps.core.filtering import FilterForm
from apps.core.lists import Column
from apps.customers.querysets import CustomerQuerySet

COLUMNS = (
    Column("name", _("Customer"), "name"),
    Column("owner", _("Owner"), "owner__name", is_nullable=True),
    Column("deleted", _("Deleted"), "deleted_at", descends=True),
    Column("by", _("Deleted by")),
    Column("left", _("Days left"), is_number=True),
    Column("deeds", ""),
)


class DeletedFilter(FilterForm):
    def apply(self, rows: CustomerQuerySet) -> CustomerQuerySet:
        text = self.cleaned_data["q"]
        return rows.filter(name__icontains=text) if text else rows
