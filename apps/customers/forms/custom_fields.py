"""Forms of custom fields and tags."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.customers.models import CustomField, CustomFieldKind, Tag
from apps.customers.models.custom_fields import MOST_CHOICES

LONGEST_CHOICE = 80


class CustomFieldForm(forms.Form):
    """`choices` are one a line; the kind is fixed once customers have values."""

    label = forms.CharField(label=_("Label"), max_length=80)
    kind = forms.ChoiceField(
        label=_("Kind"), choices=CustomFieldKind.choices, widget=forms.RadioSelect
    )
    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("One a line, in the order in which they are offered."),
    )
    is_required = forms.BooleanField(
        label=_("Must be filled in"),
        required=False,
        help_text=_(
            "Asked in forms and imports from now on; customers without a value stay as they are."
        ),
    )
    is_active = forms.BooleanField(
        label=_("In use"),
        required=False,
        help_text=_("Out of use it keeps its values and is shown nowhere."),
    )

    def __init__(self, *args: Any, is_fixed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_fixed = is_fixed
        if is_fixed:
            del self.fields["kind"]

    @staticmethod
    def initial_of(field: CustomField) -> dict[str, Any]:
        return {
            "label": field.label,
            "kind": field.kind or CustomFieldKind.TEXT,
            "choices": "\n".join(field.choices),
            "is_required": field.is_required,
            "is_active": field.is_active,
        }

    def clean_label(self) -> str:
        return " ".join(self.cleaned_data["label"].split())

    def clean_choices(self) -> list[str]:
        lines = [" ".join(line.split()) for line in self.cleaned_data["choices"].splitlines()]
        choices = list(dict.fromkeys(line for line in lines if line))
        if len({choice.casefold() for choice in choices}) < len(choices):
            raise ValidationError(gettext("Two choices differ in their capitals only: keep one."))
        if any(len(choice) > LONGEST_CHOICE for choice in choices):
            raise ValidationError(gettext("Shorten each choice to 80 characters."))
        if len(choices) > MOST_CHOICES:
            raise ValidationError(
                gettext("Keep to 100 choices: more than that nobody finds anything in.")
            )
        return choices

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("kind") == CustomFieldKind.CHOICE and given.get("choices") == []:
            self.add_error("choices", _("A choice needs something to choose from."))
        return given


class TagForm(forms.Form):
    """Another name for a tag, or the tag into which it goes."""

    name = forms.CharField(label=_("Name"), max_length=50, required=False)
    into = forms.TypedChoiceField(
        label=_("Merge into"), required=False, coerce=int, empty_value=None
    )

    def __init__(self, *args: Any, others: list[Tag], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "—"), *((one.pk, one.name) for one in others)]
        self.fields["into"].choices = choices  # type: ignore[attr-defined]


class TagsForm(forms.Form):
    """Tags to put on a customer, with commas between them."""

    tags = forms.CharField(label=_("Tags"), max_length=500)
