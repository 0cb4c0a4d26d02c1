"""Filters of the customer list."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.core.lists import Column, FilterForm
from apps.customers.querysets import CustomerQuerySet
from apps.members.models import Member
from apps.members.querysets import Viewer

POOL = "pool"

COLUMNS = (
    Column("name", _("Customer"), "name"),
    Column("owner", _("Owner"), "owner__name", is_nullable=True),
    Column("industry", _("Industry"), "industry"),
    Column("region", _("Region"), "region"),
    Column(
        "employees", _("Employees"), "employees", is_nullable=True, is_number=True, descends=True
    ),
    Column(
        "revenue",
        _("Annual revenue"),
        "annual_revenue",
        is_nullable=True,
        is_number=True,
        descends=True,
    ),
)


class CustomerFilter(FilterForm):
    """`owner` is a member's id or “pool”: customers that nobody owns."""

    owner = forms.ChoiceField(
        label=_("Owner"),
        required=False,
        error_messages={"invalid_choice": _("There is no such choice.")},
    )
    industry = forms.CharField(label=_("Industry"), required=False, max_length=100)
    region = forms.CharField(label=_("Region"), required=False, max_length=100)

    shown = ("owner",)
    folded = ("industry", "region")

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data)
        members = Member.objects.visible_to(user).order_by("name", "pk").values_list("pk", "name")
        owners = [(str(pk), name) for pk, name in members]
        self.fields["owner"].choices = [("", _("Every owner")), (POOL, _("Pool")), *owners]  # type: ignore[attr-defined]

    def apply(self, rows: CustomerQuerySet) -> CustomerQuerySet:
        given: dict[str, Any] = self.cleaned_data
        if given["q"]:
            rows = rows.filter(name__icontains=given["q"])
        if given["owner"] == POOL:
            rows = rows.filter(owner__isnull=True)
        elif given["owner"]:
            rows = rows.filter(owner=int(given["owner"]))
        for name in ("industry", "region"):
            if given[name]:
                rows = rows.filter(**{f"{name}__iexact": given[name]})
        return rows
