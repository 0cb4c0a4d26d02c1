"""Filters of the order list."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.core.filtering import DayField, FilterForm, NamedChoice
from apps.core.lists import Column
from apps.customers.models import Customer
from apps.members.forms.picker import MemberFilter, of_colleagues
from apps.members.models import Team
from apps.members.querysets import Viewer
from apps.orders.querysets import OrderQuerySet
from apps.products.models import ProductLine

COLUMNS = (
    Column("number", _("Order"), "number"),
    Column("day", _("Ordered on"), "ordered_on", descends=True),
    Column("customer", _("Customer"), "customer__name", is_nullable=True),
    Column("line", _("Product"), "line__name"),
    Column("member", _("Credited to"), "member__name"),
    Column("value", _("Value"), "value", is_number=True, descends=True),
)


class OrderFilter(FilterForm):
    """`from` and `to` are days, both included; team and member are those stamped on the order."""

    team = NamedChoice(_("Team"), _("Every team"), by="slug")
    member = MemberFilter(_("Credited to"), _("Every member"))
    line = NamedChoice(_("Product line"), _("Every product line"))
    customer = NamedChoice(_("Customer"), _("Every customer"))

    shown = ("team", "member", "line", "from", "to")
    ranges = (("from", "to"),)

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data)
        # “from” is no name that a class body can hold.
        self.fields |= {"from": DayField(_("From")), "to": DayField(_("Until"))}
        for name, rows in {
            "team": Team.objects.visible_to(user).order_by("name", "pk"),
            "line": ProductLine.objects.visible_to(user).order_by("name"),
            "customer": Customer.objects.visible_to(user),
        }.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
            field.queryset = rows
        of_colleagues(self, "member", user)

    def apply(self, rows: OrderQuerySet) -> OrderQuerySet:
        given = self.cleaned_data
        if given["q"]:
            rows = rows.named_like(given["q"])
        if given["team"]:
            rows = rows.filter(team__in=Team.objects.subtree_of(given["team"]).values("pk"))
        for name in ("member", "line", "customer"):
            if given[name]:
                rows = rows.filter(**{name: given[name]})
        if given["from"]:
            rows = rows.filter(ordered_on__gte=given["from"])
        if given["to"]:
            rows = rows.filter(ordered_on__lte=given["to"])
        return rows
