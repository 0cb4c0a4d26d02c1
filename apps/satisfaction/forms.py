"""Asking a contact, and the form that the contact fills in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.context_processors import LANGUAGES
from apps.customers.models import Contact
from apps.satisfaction.models import CSAT_WORDS, HIGHEST, LOWEST, Survey, SurveyKind

NO_CHOICE = {"invalid_choice": _("There is no such choice.")}
MAIL, LINK = "mail", "link"


class SendForm(forms.Form):
    """Whom to ask what, in which language and by which way."""

    contact = forms.ChoiceField(label=_("Contact"), error_messages=NO_CHOICE)
    kind = forms.ChoiceField(
        label=_("Question"), choices=SurveyKind.choices, error_messages=NO_CHOICE
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[(code, name) for code, name, _short in LANGUAGES],
        error_messages=NO_CHOICE,
    )
    way = forms.ChoiceField(
        label=_("Sent as"),
        choices=[(MAIL, _("Email")), (LINK, _("A link that you pass on yourself"))],
        error_messages=NO_CHOICE,
    )
    is_confirmed = forms.BooleanField(label=_("Ask all the same"), required=False)

    def __init__(self, *args: Any, contacts: list[Contact], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contacts = {str(contact.pk): contact for contact in contacts}
        field = self.fields["contact"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [(pk, contact.name) for pk, contact in self.contacts.items()]
        # Asked only once the service has said that it would be too early.
        self.asks_to_confirm = False

    @property
    def chosen(self) -> Contact:
        return self.contacts[self.cleaned_data["contact"]]


class AnswerForm(forms.Form):
    """The question itself; `score` is among the numbers of its kind."""

    score = forms.TypedChoiceField(
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose a number."), **NO_CHOICE},
    )
    comment = forms.CharField(
        label=_("What is the reason for your answer?"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, survey: Survey, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.survey = survey
        scale = range(LOWEST[survey.kind], HIGHEST[survey.kind] + 1)
        self.fields["score"].choices = [(score, score) for score in scale]  # type: ignore[attr-defined]

    def scale(self) -> list[tuple[int, Any, bool]]:
        """Number, its words, and whether it is chosen."""
        chosen = str(self["score"].value() or "")
        words = CSAT_WORDS if self.survey.kind == SurveyKind.CSAT else {}
        choices = self.fields["score"].choices  # type: ignore[attr-defined]
        return [(score, words.get(score, ""), str(score) == chosen) for score, _text in choices]
