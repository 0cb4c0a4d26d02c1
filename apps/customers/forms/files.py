"""Choosing files to keep with a customer."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.customers.files.kinds import KINDS

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


class FilesInput(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:  # noqa: ANN401, ARG002
        return files.getlist(name) if hasattr(files, "getlist") else files.get(name)


class FilesField(forms.Field):
    """One or several uploaded files; what they are, the service finds out."""

    widget = FilesInput

    def clean(self, value: "list[UploadedFile[Any]] | None") -> "list[UploadedFile[Any]]":
        files: list[UploadedFile[Any]] = super().clean(value or None) or []
        return files


class FilesForm(forms.Form):
    # Not “files”: forms have an attribute of that name.
    attached = FilesField(
        label=_("Files"),
        error_messages={"required": _("Choose a file first.")},
        widget=FilesInput(
            attrs={"accept": ",".join(f".{one}" for kind in KINDS.values() for one in kind.endings)}
        ),
    )
