"""Values of custom fields: how they are typed, kept and shown.

Kept are, as JSON: text and choice as text, a number as the plain text of a decimal (“12.5”), a day
as ISO text, yes or no as a boolean. None, which is kept nowhere, is “not told”.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.formats import NO_DATA, day_short, listed, number
from apps.customers.models import CustomField, CustomFieldKind

LONGEST_TEXT = 500
# Digits before and after the point: enough for any amount, and what PostgreSQL compares exactly.
MOST_WHOLE_DIGITS, MOST_DECIMALS = 15, 6
YES = frozenset({"yes", "true", "1", "y", "x", "✓", "是", "ja"})
NO = frozenset({"no", "false", "0", "n", "否", "nein"})
# How a refusal lists what there is to choose from.
MOST_LISTED = 10

type Stored = str | bool | None


def fields_in_use() -> list[CustomField]:
    """The fields in their order, without those that are out of use."""
    return list(CustomField.objects.filter(is_active=True))


def form_field(field: CustomField) -> forms.Field:
    """The control that asks for a value; pass what comes out of it to `read_value`.

    Its `initial` is the value as it is kept.
    """
    shared: dict[str, Any] = {"label": field.label, "required": field.is_required}
    match field.kind:
        case CustomFieldKind.NUMBER:
            # Text, so that “12,5” gets our own answer and not the browser's silence.
            control = forms.TextInput(attrs={"inputmode": "decimal"})
            return ValueField(field, widget=control, **shared)
        case CustomFieldKind.DATE:
            control = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            return ValueField(field, widget=control, **shared)
        case CustomFieldKind.CHOICE:
            choices = [("", "—"), *((one, one) for one in field.choices)]
            return ChoiceField(choices=choices, **shared)
        case CustomFieldKind.YES_NO:
            return YesNoField(**shared)
    return ValueField(field, widget=forms.TextInput(attrs={"maxlength": LONGEST_TEXT}), **shared)


def read_value(field: CustomField, raw: object) -> Stored:
    """What is kept for a value from a form, a file or a program; None where there is none.

    Raises ValidationError, whose message says what to do.
    """
    if isinstance(raw, str):
        raw = raw.strip()
    if raw is None or raw == "":
        return None
    return READERS[CustomFieldKind(field.kind)](field, raw)


def show_value(field: CustomField, stored: object) -> str:
    """The kept value in the reader's language; “no data” where there is none."""
    if stored is None or stored == "":
        return str(NO_DATA)
    match field.kind:
        case CustomFieldKind.NUMBER:
            return _shown_number(str(stored))
        case CustomFieldKind.DATE:
            return day_short(date.fromisoformat(str(stored)))
        case CustomFieldKind.YES_NO:
            return _("Yes") if stored else _("No")
    return str(stored)


def cell_value(field: CustomField, stored: object) -> str | Decimal | date | None:
    """The kept value as a cell of a file: numbers and days stay such."""
    if stored is None or stored == "":
        return None
    match field.kind:
        case CustomFieldKind.NUMBER:
            return Decimal(str(stored))
        case CustomFieldKind.DATE:
            return date.fromisoformat(str(stored))
        case CustomFieldKind.YES_NO:
            return _("Yes") if stored else _("No")
    return str(stored)


class ValueField(forms.CharField):
    """A text, a number or a day, read by `read_value`; clean gives what is kept."""

    def __init__(self, field: CustomField, **kwargs: Any) -> None:
        self.custom = field
        super().__init__(empty_value=None, **kwargs)

    def clean(self, value: Any) -> Stored:  # noqa: ANN401 - Django's signature
        return read_value(self.custom, super().clean(value))

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ANN401 - Django's signature
        try:
            return read_value(self.custom, data) != read_value(self.custom, initial)
        except ValidationError:
            return True


class ChoiceField(forms.ChoiceField):
    """One of the field's choices, or None."""

    def clean(self, value: Any) -> Any:  # noqa: ANN401 - Django's signature
        return super().clean(value) or None


class YesNoField(forms.ChoiceField):
    """Yes, no, or not told."""

    def __init__(self, **kwargs: Any) -> None:
        choices = (("", "—"), ("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No")))
        super().__init__(choices=choices, **kwargs)

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 - Django's signature
        return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value

    def clean(self, value: Any) -> Any:  # noqa: ANN401 - Django's signature
        return {"yes": True, "no": False}.get(super().clean(self.prepare_value(value)))

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ANN401 - Django's signature
        return (self.prepare_value(initial) or "") != (self.prepare_value(data) or "")


def _read_text(_field: CustomField, raw: object) -> str:
    text = str(raw)
    if "\x00" in text:
        raise ValidationError(_("Take the characters out that can't be printed."))
    if len(text) > LONGEST_TEXT:
        raise ValidationError(
            _("Shorten this to %(most)s characters; it has %(length)s.")
            % {"most": LONGEST_TEXT, "length": len(text)}
        )
    return text


def _read_number(_field: CustomField, raw: object) -> str:
    text = str(raw).replace("\N{MINUS SIGN}", "-")
    for space in (" ", "\u00a0", "\u202f"):
        text = text.replace(space, "")
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not text.isascii() or "_" in text:
        raise ValidationError(_("Enter a number such as 1234.5: digits and at most one point."))
    return _plain_number(value)


def _plain_number(value: Decimal) -> str:
    plain = format(value, "f") if value.adjusted() < MOST_WHOLE_DIGITS else ""
    whole, _point, decimals = plain.partition(".")
    if not plain or len(decimals.rstrip("0")) > MOST_DECIMALS:
        raise ValidationError(
            _("Enter a number of at most %(whole)s digits before the point and %(decimals)s after.")
            % {"whole": MOST_WHOLE_DIGITS, "decimals": MOST_DECIMALS}
        )
    decimals = decimals.rstrip("0")
    text = f"{whole}.{decimals}" if decimals else whole
    return "0" if text == "-0" else text


def _read_day(_field: CustomField, raw: object) -> str:
    if isinstance(raw, datetime):
        return raw.date().isoformat()
    if isinstance(raw, date):
        return raw.isoformat()
    try:
        found = parse_date(str(raw))
    except ValueError:
        found = None
    if found is None:
        raise ValidationError(_("Enter a day such as 2026-11-19."))
    return found.isoformat()


def _read_choice(field: CustomField, raw: object) -> str:
    asked = str(raw)
    if asked in field.choices:
        return asked
    alike = [one for one in field.choices if one.casefold() == asked.casefold()]
    if len(alike) == 1:
        return alike[0]
    raise ValidationError(_("Choose one of: %(choices)s.") % {"choices": _some(field.choices)})


def _some(choices: Iterable[str]) -> str:
    named = list(choices)
    return listed(named) if len(named) <= MOST_LISTED else listed([*named[:MOST_LISTED], "…"])


def _read_yes_no(_field: CustomField, raw: object) -> bool:
    word = str(raw).casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValidationError(_("Enter yes or no."))


def _shown_number(stored: str) -> str:
    value = Decimal(stored)
    exponent = value.as_tuple().exponent
    return number(value, -exponent if isinstance(exponent, int) and exponent < 0 else 0)


READERS: dict[CustomFieldKind, Callable[[CustomField, Any], str | bool]] = {
    CustomFieldKind.TEXT: _read_text,
    CustomFieldKind.NUMBER: _read_number,
    CustomFieldKind.DATE: _read_day,
    CustomFieldKind.CHOICE: _read_choice,
    CustomFieldKind.YES_NO: _read_yes_no,
}
