"""Bringing customers in from a file: the file, what its columns are, what to do with known ones."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.exchange.customers.columns import Target
from apps.exchange.customers.reading import MOST_BYTES
from apps.exchange.models import KnownCustomers

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

NO_CHOICE = {"invalid_choice": _("There is no such choice.")}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or Excel (.xlsx), at most 20 MB and 50,000 rows, with a heading."),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty."),
        },
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )

    def clean_file(self) -> "UploadedFile[Any]":
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            message = _t("The file has more than %(megabytes)s MB: import it in several files.")
            raise forms.ValidationError(message % {"megabytes": MOST_BYTES // 1024**2})
        return file


class MatchForm(forms.Form):
    """A choice for each column, and whose the customers are that name no owner."""

    default = forms.ChoiceField(
        label=_("Customers without an owner in their row"),
        choices=[("pool", _("go to the pool")), ("mine", _("are mine"))],
        error_messages=NO_CHOICE,
    )

    def __init__(
        self, *args: Any, header: Sequence[str], targets: Sequence[Target], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Leave out")), *((one.key, one.label) for one in targets)]
        for at, head in enumerate(header):
            self.fields[f"column-{at}"] = forms.ChoiceField(
                label=head or _("Column %(number)s") % {"number": at + 1},
                choices=choices,
                required=False,
                widget=forms.Select(attrs={"class": "form-select"}),
                error_messages=NO_CHOICE,
            )
        self.width = len(header)

    def columns(self) -> list[str]:
        return [self.cleaned_data[f"column-{at}"] for at in range(self.width)]

    @property
    def is_mine(self) -> bool:
        return bool(self.cleaned_data["default"] == "mine")


class StartForm(forms.Form):
    known = forms.ChoiceField(
        label=_("Customers that are here already"),
        choices=KnownCustomers.choices,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Choose what to do with them."), **NO_CHOICE},
    )
