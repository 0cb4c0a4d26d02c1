"""Filters of the customer list; its columns stand in `columns`."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import DateField, DecimalField, Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.filtering import DayField, FilterForm
from apps.core.formats import days
from apps.core.models import Organisation
from apps.customers.columns import COLUMNS
from apps.customers.custom_fields.values import (
    MOST_DECIMALS,
    MOST_WHOLE_DIGITS,
    YesNoField,
    fields_in_use,
)
from apps.customers.models import CustomField, CustomFieldKind, Tier
from apps.customers.querysets import CustomerQuerySet
from apps.customers.search.selectors import found_by
from apps.members.choosing import ALSO
from apps.members.forms.picker import MemberFilter, of_colleagues
from apps.members.lifecycle import LifecycleStage
from apps.members.querysets import Viewer

__all__ = ["COLUMNS", "POOL", "CustomerFilter"]

ME, POOL = "me", "pool"
UNRATED, PROVISIONAL = "unrated", "provisional"
# Filters of custom fields are called by the field's key behind this.
PREFIX = "cf_"
MOST_DAYS = 3650
MOST_TAGS = 5
WORDS = ("industry", "region", "source")
NO_CHOICE = {"invalid_choice": _("There is no such choice.")}


class CustomerFilter(FilterForm):
    """`owner` is a member's id, “me”, or “pool”: customers that nobody owns.

    `fields` are the custom fields in use, where the page has read them already.
    """

    owner = MemberFilter(_("Owner"), _("Every owner"), also=(ME, POOL))
    tier = forms.ChoiceField(
        label=_("Tier"),
        required=False,
        choices=[
            ("", _("Every tier")),
            *Tier.choices,
            (PROVISIONAL, _("Provisional tier")),
            (UNRATED, _("Unrated")),
        ],
        error_messages=NO_CHOICE,
    )
    lifecycle = forms.ChoiceField(
        label=_("Lifecycle"),
        required=False,
        choices=[("", _("Every stage")), *LifecycleStage.choices],
        error_messages=NO_CHOICE,
    )
    tag = forms.CharField(label=_("Tags"), required=False, max_length=255)
    industry = forms.CharField(label=_("Industry"), required=False, max_length=100)
    region = forms.CharField(label=_("Region"), required=False, max_length=100)
    source = forms.CharField(label=_("Source"), required=False, max_length=100)
    silent = forms.IntegerField(
        label=_("No contact for (days)"), required=False, min_value=0, max_value=MOST_DAYS
    )
    hold = forms.IntegerField(
        label=_("Hold ends within (days)"), required=False, min_value=0, max_value=MOST_DAYS
    )

    shown = ("owner", "tier", "lifecycle")
    folded: tuple[str, ...] = ("tag", "industry", "region", "source", "silent", "hold")

    def __init__(
        self, data: QueryDict, *, user: Viewer, fields: Sequence[CustomField] | None = None
    ) -> None:
        super().__init__(data)
        self.user = user
        self.customs = fields_in_use() if fields is None else fields
        of_colleagues(self, "owner", user)
        for custom in self.customs:
            self.fields.update(_fields_of(custom))
        added = (name for custom in self.customs for name in _fields_of(custom))
        self.folded = (*self.folded, *added)
        self.controls_like = tuple(
            (one.key, one.label, one.kind, *one.choices) for one in self.customs
        )
        ranged = (custom for custom in self.customs if custom.kind in RANGED)
        self.ranges = tuple(
            (f"{PREFIX}{custom.key}.from", f"{PREFIX}{custom.key}.to") for custom in ranged
        )
        choices = reverse("customer_value_choices")
        self.suggestions = {name: f"{choices}?of={name}" for name in ("tag", *WORDS)}

    def text_of(self, name: str) -> str:
        value = self.cleaned_data[name]
        if name == "owner" and value in ALSO:
            return str(ALSO[value])
        if name in {"silent", "hold"}:
            return days(value)
        if isinstance(value, bool):
            custom = isinstance(self.fields[name], YesNoField)
            return (gettext("Yes") if value else gettext("No")) if custom else ""
        return super().text_of(name)

    def apply(self, rows: CustomerQuerySet) -> CustomerQuerySet:
        given: dict[str, Any] = self.cleaned_data
        if given["q"]:
            rows = found_by(given["q"], rows, self.user)
        for name in WORDS:
            if given[name]:
                # Their index holds customers that have a word at all.
                rows = rows.filter(**{f"{name}__gt": "", f"{name}__iexact": given[name]})
        if given["lifecycle"]:
            rows = rows.filter(lifecycle=given["lifecycle"])
        for tag in _listed(given["tag"]):
            rows = rows.filter(tags__name__iexact=tag)
        rows = self._timed(self._owned(rows).filter(_of_tier(given["tier"])))
        return self._with_custom_values(rows)

    def _with_custom_values(self, rows: CustomerQuerySet) -> CustomerQuerySet:
        given: dict[str, Any] = self.cleaned_data
        # Equal values are one condition, which the index over all custom values serves.
        equal: dict[str, Any] = {}
        for custom in self.customs:
            name = f"{PREFIX}{custom.key}"
            if custom.kind in RANGED:
                rows = _within(rows, custom, given[f"{name}.from"], given[f"{name}.to"])
            elif custom.kind == CustomFieldKind.TEXT:
                rows = _containing(rows, custom, given[name])
            elif given[name] not in (None, ""):
                equal[custom.key] = given[name]
        return rows.filter(custom__contains=equal) if equal else rows

    def _owned(self, rows: CustomerQuerySet) -> CustomerQuerySet:
        owner = self.cleaned_data["owner"]
        if owner == POOL:
            return rows.filter(owner__isnull=True)
        if owner == ME:
            return rows.filter(owner=self.user.pk)
        return rows.filter(owner=owner) if owner else rows

    def _timed(self, rows: CustomerQuerySet) -> CustomerQuerySet:
        silent, hold = self.cleaned_data["silent"], self.cleaned_data["hold"]
        if silent is not None:
            since = timezone.now() - timedelta(days=silent)
            rows = rows.filter(Q(last_contacted_at__isnull=True) | Q(last_contacted_at__lt=since))
        if hold is not None:
            last = Organisation.current().today() + timedelta(days=hold)
            rows = rows.filter(hold_ends_on__lte=last)
        return rows


def _of_tier(asked: str) -> Q:
    if asked == UNRATED:
        return Q(tier="")
    if asked == PROVISIONAL:
        return Q(is_tier_provisional=True)
    return Q(tier=asked) if asked else Q()


def _listed(text: str) -> list[str]:
    """Tags with commas between them; a customer has to have all of them."""
    words = text.replace("\N{FULLWIDTH COMMA}", ",").replace("\N{IDEOGRAPHIC COMMA}", ",")
    return [word.strip() for word in words.split(",") if word.strip()][:MOST_TAGS]


# ── Custom fields ────────────────────────────────────────────────────────────────────────────────

RANGED = (CustomFieldKind.NUMBER, CustomFieldKind.DATE)


def _fields_of(custom: CustomField) -> dict[str, forms.Field]:
    """The filters of a custom field: a part of a text, from and to, or one of the choices."""
    name = f"{PREFIX}{custom.key}"
    match custom.kind:
        case CustomFieldKind.NUMBER | CustomFieldKind.DATE:
            start = format_lazy(_("{field}: from"), field=custom.label)
            end = format_lazy(_("{field}: to"), field=custom.label)
            make = _number_field if custom.kind == CustomFieldKind.NUMBER else DayField
            return {f"{name}.from": make(start), f"{name}.to": make(end)}
        case CustomFieldKind.CHOICE:
            choices = [("", _("Any")), *((one, one) for one in custom.choices)]
            return {name: forms.ChoiceField(label=custom.label, required=False, choices=choices,
                                            error_messages=NO_CHOICE)}  # fmt: skip
        case CustomFieldKind.YES_NO:
            return {name: YesNoField(label=custom.label, required=False)}
    return {name: forms.CharField(label=custom.label, required=False, max_length=100)}


def _number_field(label: Any) -> forms.DecimalField:  # noqa: ANN401 - a lazy text
    digits = MOST_WHOLE_DIGITS + MOST_DECIMALS
    return forms.DecimalField(
        label=label, required=False, max_digits=digits, decimal_places=MOST_DECIMALS
    )


def _containing(rows: CustomerQuerySet, custom: CustomField, text: str) -> CustomerQuerySet:
    if not text:
        return rows
    name = f"custom_{custom.pk}"
    found: CustomerQuerySet = rows.alias(**{name: KeyTextTransform(custom.key, "custom")})
    return found.filter(**{f"{name}__icontains": text})


def _within(rows: CustomerQuerySet, custom: CustomField, start: Any, end: Any) -> CustomerQuerySet:  # noqa: ANN401
    if start is None and end is None:
        return rows
    name = f"custom_{custom.pk}"
    is_number = custom.kind == CustomFieldKind.NUMBER
    digits = MOST_WHOLE_DIGITS + MOST_DECIMALS
    kind = (
        DecimalField(max_digits=digits, decimal_places=MOST_DECIMALS) if is_number else DateField()
    )
    rows = rows.alias(**{name: Cast(KeyTextTransform(custom.key, "custom"), kind)})
    if start is not None:
        rows = rows.filter(**{f"{name}__gte": start})
    return rows if end is None else rows.filter(**{f"{name}__lte": end})
