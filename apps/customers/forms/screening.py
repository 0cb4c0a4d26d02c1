"""Forms of the 341 screening: grading a customer, and settling what is graded."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.text import slugify
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.customers.models import GRADES, ScreeningDimension
from apps.customers.screening.selectors import Rules

LANGUAGES = (("en", _("English")), ("zh-hans", _("Simplified Chinese")),
             ("zh-hant", _("Traditional Chinese")))  # fmt: skip
LONGEST_NAME, LONGEST_DESCRIPTION = 60, 200
NO_CHOICE = {"invalid_choice": _("There is no such choice.")}


@dataclass(frozen=True)
class GradeCard:
    """One grade to choose."""

    grade: int
    description: str
    is_chosen: bool
    is_veto: bool


class ScreeningForm(forms.Form):
    """A grade for each dimension in use, and the reason."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed where the customer is parked: what speaks against it now?"),
    )

    def __init__(self, *args: Any, rules: Rules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rules = rules
        for dimension in rules.dimensions:
            choices = list(enumerate(dimension.descriptions, start=1))
            self.fields[self._name(dimension)] = forms.TypedChoiceField(
                label=dimension.name,
                choices=choices,
                coerce=int,
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose a grade."), **NO_CHOICE},
            )
        self.order_fields([*map(self._name, rules.dimensions), "reason"])

    @staticmethod
    def _name(dimension: ScreeningDimension) -> str:
        return f"grade-{dimension.key}"

    def cards(self) -> Iterator[tuple[BoundField, list[GradeCard]]]:
        """Each dimension's field with its four grades in words."""
        for dimension in self.rules.dimensions:
            field = self[self._name(dimension)]
            chosen, veto = str(field.value() or ""), dimension.veto_up_to or 0
            yield (
                field,
                [
                    GradeCard(grade, text, str(grade) == chosen, grade <= veto)
                    for grade, text in enumerate(dimension.descriptions, start=1)
                ],
            )

    def grades(self) -> dict[str, int]:
        return {one.key: self.cleaned_data[self._name(one)] for one in self.rules.dimensions}


class MinimumForm(forms.Form):
    minimum = forms.IntegerField(
        label=_("Minimum total"),
        min_value=1,
        max_value=32767,
        help_text=_("From this total on a customer qualifies; below it, it is parked."),
    )


class DimensionForm(forms.Form):
    """A dimension's names, the descriptions of its grades, and its veto."""

    veto_up_to = forms.TypedChoiceField(
        label=_("Veto"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[
            ("", _("No grade parks by itself")),
            ("1", _("Grade 1 parks whatever the total")),
            ("2", _("Grades 1 and 2 park whatever the total")),
            ("3", _("Grades 1 to 3 park whatever the total")),
        ],
        error_messages=NO_CHOICE,
    )
    is_active = forms.BooleanField(
        label=_("In use"),
        required=False,
        help_text=_("Out of use it is not asked any more; earlier screenings keep its grades."),
    )

    def __init__(self, *args: Any, dimension: ScreeningDimension, **kwargs: Any) -> None:
        self.dimension = dimension
        super().__init__(*args, **kwargs)
        for code, language in LANGUAGES:
            is_english = code == "en"
            self.fields[f"name-{code}"] = forms.CharField(
                label=language, max_length=LONGEST_NAME, required=is_english
            )
            for grade in range(1, GRADES + 1):
                self.fields[f"grade-{code}-{grade}"] = forms.CharField(
                    label=language, max_length=LONGEST_DESCRIPTION, required=is_english
                )

    @staticmethod
    def initial_of(dimension: ScreeningDimension) -> dict[str, Any]:
        texts = {
            f"grade-{code}-{grade}": text
            for code, told in dimension.grades.items()
            for grade, text in enumerate(told, start=1)
        }
        names = {f"name-{code}": name for code, name in dimension.names.items()}
        known = {"veto_up_to": dimension.veto_up_to, "is_active": dimension.is_active}
        return {**names, **texts, **known}

    def names(self) -> list[BoundField]:
        return [self[f"name-{code}"] for code, _language in LANGUAGES]

    def grades(self) -> Iterator[tuple[int, list[BoundField]]]:
        """Each grade with its description's field in each language."""
        for grade in range(1, GRADES + 1):
            yield grade, [self[f"grade-{code}-{grade}"] for code, _language in LANGUAGES]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        english = cleaned.get("name-en", "")
        if english and not self.dimension.pk and not slugify(english):
            problem = _t("Use Latin letters: the dimension's key follows from this name.")
            self.add_error("name-en", ValidationError(problem))
        return cleaned

    def values(self) -> dict[str, Any]:
        """The dimension's fields; its key follows from its first English name and then stays."""
        given = self.cleaned_data
        names = {code: given[f"name-{code}"] for code, _language in LANGUAGES}
        told = {
            code: [given[f"grade-{code}-{grade}"] for grade in range(1, GRADES + 1)]
            for code, _language in LANGUAGES
        }
        return {
            "key": self.dimension.key or slugify(given["name-en"])[:40],
            "names": {code: name for code, name in names.items() if name},
            "grades": {code: texts for code, texts in told.items() if any(texts)},
            "veto_up_to": given["veto_up_to"],
            "is_active": given["is_active"],
        }
