"""The rules of the pool, as an administrator changes them."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.customers.models import HoldingLimits, Tier
from apps.pool.models import UNRATED, PoolRule, PoolSettings
from apps.pool.selectors import rules_of_tiers

MOST_DAYS = 3650
MOST_MONTHS = 120
MOST_LEVELS = 10
MOST_WARNINGS = 5
LONGEST_WARNING = 60
MOST_HELD = 100_000
TIERS = (*Tier.values, UNRATED)
CLOCKS = ("no_activity_days", "no_progress_days", "no_order_days")
SHARED = ("is_on", "extension_days", "most_days", "exempt_order_months", "exempt_levels")
LIMITS = ("held_prospects", "claims_a_day", "cool_down_days")


def _number(label: Any, most: int, least: int = 0, **more: Any) -> forms.IntegerField:  # noqa: ANN401
    return forms.IntegerField(label=label, min_value=least, max_value=most, **more)


class PoolSettingsForm(forms.Form):
    """An empty clock never ends, an empty limit is none."""

    is_on = forms.BooleanField(label=_("Recycle customers overnight"), required=False)
    extension_days = _number(_("Days that an activity adds"), MOST_DAYS)
    most_days = _number(
        _("Longest protection, days"),
        MOST_DAYS,
        1,
        help_text=_("No clock is lengthened beyond this; one that is longer by its rule stays so."),
    )
    exempt_order_months = _number(
        _("Months after an order without recycling"), MOST_MONTHS, help_text=_("0: no exemption.")
    )
    exempt_levels = _number(
        _("Highest levels without recycling"),
        MOST_LEVELS,
        help_text=_("An open opportunity at one of them keeps its customer. 0: no exemption."),
    )
    warning_days = forms.CharField(
        label=_("Warnings, days before"),
        required=False,
        max_length=40,
        help_text=_("Such as “7, 1”. Nobody loses a customer unwarned; empty: nobody is warned."),
    )
    held_prospects = _number(_("Prospects held by a member"), MOST_HELD, required=False)
    claims_a_day = _number(_("Claims of a member a day"), MOST_HELD, required=False)
    cool_down_days = _number(
        _("Days before a lost customer can come back"), MOST_DAYS, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for tier in TIERS:
            for clock in CLOCKS:
                label = f"{tier_name(tier)}: {PoolRule._meta.get_field(clock).verbose_name}"  # type: ignore[union-attr]
                self.fields[key_of(tier, clock)] = _number(label, MOST_DAYS, 1, required=False)

    def tier_lines(self) -> Iterator[tuple[str, str, list[BoundField]]]:
        """Tier, its name, and its three clocks."""
        for tier in TIERS:
            yield tier, tier_name(tier), [self[key_of(tier, clock)] for clock in CLOCKS]

    def clean_warning_days(self) -> list[int]:
        text = self.cleaned_data["warning_days"].replace("\N{FULLWIDTH COMMA}", ",")
        words = [word.strip() for word in text.split(",") if word.strip()]
        if not all(word.isascii() and word.isdigit() for word in words):
            raise ValidationError(gettext("Write days with commas between them, such as “7, 1”."))
        found = sorted({int(word) for word in words}, reverse=True)
        if len(found) > MOST_WARNINGS or any(not 1 <= day <= LONGEST_WARNING for day in found):
            words_ = gettext("At most %(n)s warnings, each 1 to %(most)s days before.")
            raise ValidationError(words_ % {"n": MOST_WARNINGS, "most": LONGEST_WARNING})
        return found

    def changed(self) -> tuple[PoolSettings, HoldingLimits, list[PoolRule]]:
        """The records with what the (valid) form says, not saved."""
        given = self.cleaned_data
        settings, limits, rules = PoolSettings.current(), HoldingLimits.current(), rules_of_tiers()
        for name in (*SHARED, "warning_days"):
            setattr(settings, name, given[name])
        for name in LIMITS:
            setattr(limits, name, given[name])
        for rule in rules:
            for clock in CLOCKS:
                setattr(rule, clock, given[key_of(rule.tier, clock)])
        return settings, limits, rules


def initial_values() -> dict[str, Any]:
    settings, limits = PoolSettings.current(), HoldingLimits.current()
    values: dict[str, Any] = {name: getattr(settings, name) for name in SHARED}
    values["warning_days"] = ", ".join(str(day) for day in settings.warning_days)
    values |= {name: getattr(limits, name) for name in LIMITS}
    for rule in rules_of_tiers():
        values |= {key_of(rule.tier, clock): getattr(rule, clock) for clock in CLOCKS}
    return values


def key_of(tier: str, clock: str) -> str:
    return f"{tier.lower() or 'unrated'}_{clock}"


def tier_name(tier: str) -> str:
    return str(Tier(tier).label) if tier else gettext("Unrated")


def said(form: forms.Form, names: Iterable[str]) -> list[tuple[str, str]]:
    """The form's values as an address has them."""
    return [(name, str(form.data.get(name, ""))) for name in names if form.data.get(name)]
