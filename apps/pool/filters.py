"""Columns and filters of the pool list."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.filtering import FilterForm
from apps.core.formats import days
from apps.core.lists import Column
from apps.customers.models import Customer, Tier
from apps.members.forms.picker import MemberFilter, of_colleagues
from apps.members.querysets import Viewer
from apps.pool.selectors import lost_by, with_pooled_at

UNRATED, ORDERED, PROSPECTS = "unrated", "ordered", "prospects"
MOST_DAYS = 3650
WORDS = ("region", "industry", "source")
NO_CHOICE = {"invalid_choice": _("There is no such choice.")}
COLUMNS = (
    Column("name", _("Customer"), "name"),
    Column("tier", _("Tier")),
    Column("region", _("Region"), "region"),
    Column("industry", _("Industry"), "industry"),
    Column("source", _("Source"), "source"),
    Column("lost", _("Last owner")),
    Column("since", _("In the pool since"), "pooled_at", descends=True),
    Column("deeds", ""),
)


class PoolFilter(FilterForm):
    """`lost` is the member who lost the customer last; `within`: in the pool for so many days."""

    tier = forms.ChoiceField(
        label=_("Tier"),
        required=False,
        choices=[("", _("Every tier")), *Tier.choices, (UNRATED, _("Unrated"))],
        error_messages=NO_CHOICE,
    )
    orders = forms.ChoiceField(
        label=_("Orders"),
        required=False,
        choices=[
            ("", _("With and without orders")),
            (PROSPECTS, _("Never ordered")),
            (ORDERED, _("Ordered before")),
        ],
        error_messages=NO_CHOICE,
    )
    region = forms.CharField(label=_("Region"), required=False, max_length=100)
    industry = forms.CharField(label=_("Industry"), required=False, max_length=100)
    source = forms.CharField(label=_("Source"), required=False, max_length=100)
    within = forms.IntegerField(
        label=_("In the pool for at most (days)"),
        required=False,
        min_value=0,
        max_value=MOST_DAYS,
    )
    lost = MemberFilter(_("Last owner"), _("Every last owner"))

    shown = ("tier", "orders", "lost")
    folded = ("region", "industry", "source", "within")

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data)
        of_colleagues(self, "lost", user)

    def text_of(self, name: str) -> str:
        if name == "within":
            return days(self.cleaned_data[name])
        return super().text_of(name)

    def apply(self, rows: QuerySet[Customer]) -> QuerySet[Customer]:
        found: QuerySet[Any] = rows
        given: dict[str, Any] = self.cleaned_data
        if given["q"]:
            found = found.filter(name__icontains=given["q"])
        if given["tier"]:
            found = found.filter(tier="" if given["tier"] == UNRATED else given["tier"])
        if given["orders"]:
            found = found.filter(last_ordered_on__isnull=given["orders"] == PROSPECTS)
        for name in WORDS:
            if given[name]:
                found = found.filter(**{f"{name}__iexact": given[name]})
        found = with_pooled_at(found)
        if given["within"] is not None:
            # Annotated by `with_pooled_at`.
            found = found.filter(  # type: ignore[misc]
                pooled_at__gte=timezone.now() - timedelta(days=given["within"])
            )
        return lost_by(found, given["lost"])
