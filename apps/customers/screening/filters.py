"""Columns and filters of the list of parked customers."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.core.filtering import DayField, FilterForm
from apps.core.lists import Column
from apps.core.models import Organisation
from apps.customers.filters import POOL
from apps.customers.screening.querysets import ScreeningQuerySet
from apps.members.forms.picker import MemberFilter, of_colleagues
from apps.members.querysets import Viewer

COLUMNS = (
    Column("customer", _("Customer"), "customer__name"),
    Column("owner", _("Owner"), "customer__owner__name", is_nullable=True),
    Column("total", _("Total"), "total", is_number=True, descends=True),
    Column("reason", _("Reason")),
    Column("by", _("Parked by"), "by__name"),
    Column("on", _("Parked on"), "at", descends=True),
    Column("deeds", ""),
)


class ParkedFilter(FilterForm):
    """`owner` is a member's id or “pool”; days are those of the organisation's zone."""

    owner = MemberFilter(_("Owner"), _("Every owner"), also=(POOL,))
    industry = forms.CharField(label=_("Industry"), required=False, max_length=100)
    region = forms.CharField(label=_("Region"), required=False, max_length=100)
    since = DayField(_("Parked from"))
    until = DayField(_("Parked up to"))

    shown = ("owner",)
    folded = ("industry", "region", "since", "until")
    ranges = (("since", "until"),)

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data)
        of_colleagues(self, "owner", user)

    def apply(self, rows: ScreeningQuerySet) -> ScreeningQuerySet:
        given: dict[str, Any] = self.cleaned_data
        if given["q"]:
            rows = rows.filter(customer__name__icontains=given["q"])
        if given["owner"] == POOL:
            rows = rows.filter(customer__owner__isnull=True)
        elif given["owner"]:
            rows = rows.filter(customer__owner=given["owner"])
        for name in ("industry", "region"):
            if given[name]:
                rows = rows.filter(**{f"customer__{name}__iexact": given[name]})
        zone = Organisation.current().zone
        if given["since"]:
            rows = rows.filter(at__gte=datetime.combine(given["since"], time(), zone))
        if given["until"]:
            after = given["until"] + timedelta(days=1)
            rows = rows.filter(at__lt=datetime.combine(after, time(), zone))
        return rows
