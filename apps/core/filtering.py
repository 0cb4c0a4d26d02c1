"""The filters of a list: a GET form of which every field is optional and none is trusted."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, gettext_lazy

from apps.core.formats import day_short

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

type Text = "str | _StrPromise"
# A queryset with `for_list()`.
type Rows = Any

# The parameter that names the saved view from which the rest of the address came.
VIEW = "view"
EMPTY = mark_safe("")
# Controls as drawn, by what they depend on.
_DRAWN: dict[Hashable, SafeString] = {}
MOST_DRAWN = 2000


@dataclass(frozen=True)
class Control:
    """A filter as the page draws it; `options` are those of a choice, drawn already.

    A form widget of Django renders a template for each option, which costs more than the list.
    """

    name: str
    label: Text
    kind: str
    value: str
    options: SafeString
    options_count: int
    is_invalid: bool
    # Of a control that draws itself, with the id that its label names.
    html: SafeString | str = ""
    id: str = ""
    # Address of what an open text suggests.
    suggests: str = ""

    @property
    def has_choice(self) -> bool:
        """Whether there is anything to choose besides everything and the only one."""
        return self.kind != "choice" or self.options_count > 1 + 1


class FilterForm(forms.Form):
    """The filters of a list: every field is optional, and none is trusted.

    `shown` are the controls above the list, `folded` those under “More filters”. Others come by
    links only and live on as chips.
    """

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)

    shown: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    # What the controls depend on besides language and value; None: on more than can be compared. They
    # are drawn once and kept: they cost more than the rows.
    controls_like: Hashable = None
    # Pairs of (from, to) that must not be the wrong way round.
    ranges: tuple[tuple[str, str], ...] = ()
    # Sort keys that stand for another field under the filters given.
    sorts_by: Mapping[str, str] = {}
    # Filters whose open text suggests what there is, with the address that says it.
    suggestions: Mapping[str, str] = {}

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, auto_id="filter-%s")

    @property
    def is_out_of_sight(self) -> bool:
        """A saved view that names what this reader does not see: it has no rows for them."""
        return bool(self.errors) and bool(self.data.get(VIEW))

    def is_asked(self, name: str) -> bool:
        """Whether the address says anything of the filter."""
        return any(self.data.get(one) for one in (name, *self._parts(name)))

    def _parts(self, name: str) -> tuple[str, ...]:
        """Further parameters that a control sends beside its own: those of a picker."""
        parts = getattr(self.fields[name], "parameters", None)
        return parts(name) if parts else ()

    def told(self) -> QueryDict:
        """What the address says, with each filter as its own parameter and nothing beside it."""
        query = QueryDict(mutable=True)
        query.update(self.data)
        for name in self.fields:
            parts = self._parts(name)
            if parts and any(part in query for part in parts):
                for part in parts:
                    query.pop(part, None)
                query[name] = self.value_in_address(name)
        return query

    def value_in_address(self, name: str) -> str:
        """The filter as the address has it."""
        value = self.cleaned_data.get(name) if hasattr(self, "cleaned_data") else None
        if value is not None and self._parts(name):
            return str(value.pk if isinstance(value, models.Model) else value)
        return str(self.data.get(name, ""))

    def apply(self, rows: Rows) -> Rows:
        """The rows that the (valid) filters let through."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for start, end in self.ranges:
            first, last = cleaned.get(start), cleaned.get(end)
            if first and last and first > last:
                self.add_error(end, ValidationError(gettext("This day lies before the first one.")))
        return cleaned

    def shown_fields(self) -> SafeString:
        """The controls above the list."""
        return self._drawn(self.shown, labelled=False)

    def labelled_fields(self) -> SafeString:
        """The same with their labels in sight."""
        return self._drawn(self.shown, labelled=True)

    def folded_fields(self) -> SafeString:
        """The controls under “More filters”; empty where there are none."""
        return self._drawn(self.folded, labelled=True)

    def _drawn(self, names: Sequence[str], *, labelled: bool) -> SafeString:
        return mark_safe("".join(self._field(name, labelled=labelled) for name in names))

    def _field(self, name: str, *, labelled: bool) -> SafeString:
        value = str(self.data.get(name, ""))
        key = (type(self), get_language(), self.controls_like, name, labelled, value)
        if key in _DRAWN:
            return _DRAWN[key]
        control = self._control(name)
        context = {"control": control, "labelled": labelled}
        html = render_to_string("lists/control.html", context) if control.has_choice else EMPTY
        may_keep = not value or (control.kind == "choice" and not control.is_invalid)
        if self.controls_like is not None and control.kind != "own" and may_keep:
            if len(_DRAWN) >= MOST_DRAWN:
                _DRAWN.clear()
            _DRAWN[key] = html
        return html

    def linked(self) -> set[str]:
        """Filters without a control: they come by links only."""
        return set(self.fields) - {"q", *self.shown, *self.folded}

    def folded_in_use(self) -> int:
        return sum(bool(self.data.get(name)) for name in self.folded)

    def is_unfolded(self) -> bool:
        """Whether a folded filter needs a look."""
        return any(self[name].errors for name in self.folded)

    def _control(self, name: str) -> "Control":
        field, value = self[name], str(self.data.get(name, ""))
        if self._parts(name):
            html = field.as_widget()
            return Control(name, field.label, "own", value, mark_safe(""), 0, bool(field.errors),
                           html, field.id_for_label)  # fmt: skip
        kind = _kind(field.field)
        choices = _choices(field.field)
        rows = ((key, mark_safe(" selected" if str(key) == value else ""), text)
                for key, text in choices)  # fmt: skip
        options = format_html_join("", '<option value="{}"{}>{}</option>', rows)
        return Control(name, field.label, kind, value, options, len(choices), bool(field.errors),
                       id=f"filter-{name}", suggests=self.suggestions.get(name, ""))  # fmt: skip

    def text_of(self, name: str) -> str:
        """What a chip says of the field's value."""
        value = self.cleaned_data[name]
        if isinstance(value, bool):
            return ""
        if isinstance(value, date):
            return day_short(value)
        choices = dict(getattr(self.fields[name], "choices", ())) if isinstance(value, str) else {}
        return str(choices.get(value, value))


def _kind(field: forms.Field) -> str:
    """How the page draws a filter."""
    kinds = (
        (forms.BooleanField, "tick"),
        (DayField, "date"),
        (forms.ChoiceField, "choice"),
        (forms.IntegerField, "number"),
    )
    return next((kind for form_field, kind in kinds if isinstance(field, form_field)), "text")


class DayField(forms.DateField):
    """A day as an ISO date; the browser's own calendar."""

    def __init__(self, label: Text) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        messages = {"invalid": gettext_lazy("Enter a day such as 2026-11-19.")}
        super().__init__(
            label=label,
            required=False,
            widget=widget,
            input_formats=["%Y-%m-%d"],
            error_messages=messages,
        )


class NamedChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice among records that the reader may see; absent and hidden ones read the same.

    `text` is the column that names a record, or empty where only its str() does.
    """

    def __init__(
        self, label: Text, everything: Text, *, by: str = "pk", text: str = "name"
    ) -> None:
        self.text = text
        super().__init__(
            queryset=None,
            label=label,
            required=False,
            empty_label=everything,
            to_field_name=by,
            error_messages={"invalid_choice": gettext_lazy("There is no such choice.")},
        )


def _choices(field: forms.Field) -> list[tuple[Any, Any]]:
    """Keys and texts of a choice; of records, two columns instead of whole rows."""
    if isinstance(field, NamedChoice) and field.text:
        records: Any = field.queryset
        rows = records.values_list(field.to_field_name, field.text)
        return [("", field.empty_label), *rows]
    return list(iter(getattr(field, "choices", ())))
