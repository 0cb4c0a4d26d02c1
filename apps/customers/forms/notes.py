"""What one types into a note."""

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.customers.models import Customer
from apps.customers.notes.services import MOST_CHARACTERS


class NoteForm(forms.Form):
    """The words of a note; members are suggested after an “@”."""

    text = forms.CharField(
        label=_("Note"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=MOST_CHARACTERS,
        error_messages={"required": _("Write something first.")},
    )

    def __init__(self, *args: object, customer: Customer, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        control = self.fields["text"].widget
        # The message says how much too long it is: the browser would cut a pasted text silently.
        control.attrs.pop("maxlength", None)
        control.attrs |= {
            "data-mentions": reverse("mention_choices", args=[customer.pk]),
            "placeholder": _("Write a note; @ mentions a colleague"),
            "aria-keyshortcuts": "Control+Enter",
        }


class NoteEditForm(NoteForm):
    """The same of a note that there is; `seen` is which version the form was drawn with."""

    seen = forms.DateTimeField(required=False, widget=forms.HiddenInput)
