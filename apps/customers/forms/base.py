"""What a form was drawn with, so that two people who edit the same record don't undo each other."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms

from apps.customers.editing.values import ChangedMeanwhile

# The other person's version of this field stays.
THEIRS = "theirs"


class BasedForm(forms.Form):
    """A form whose hidden field `base` carries the plain values that it was drawn with.

    After a clash it shows both versions: what was typed stays in the field, and a choice beside it
    says that the other person's stays instead.
    """

    base = forms.CharField(widget=forms.HiddenInput, required=False)

    # Clashing field → (text of the other's version, who changed it).
    clashes: Mapping[str, str]

    def __init__(self, *args: Any, base: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clashes = {}
        if base is not None:
            self.initial["base"] = json.dumps(base)

    def base_given(self) -> dict[str, Any] | None:
        """What came back; None where a program posts without it, or it makes no sense."""
        try:
            found = json.loads(self.cleaned_data.get("base") or "null")
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def wanted(self) -> dict[str, Any]:
        """Values to save: without those whose other version was chosen."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name != "base" and self.data.get(self.keeps(name)) != THEIRS
        }

    def keeps(self, name: str) -> str:
        """Name of the choice beside a clashing field."""
        return f"{self.add_prefix(name)}_keep"

    def clash(self, refusal: ChangedMeanwhile, texts: Mapping[str, str]) -> None:
        """Show both versions; the next save is measured against the other person's."""
        base = self.base_given() or {}
        base |= {name: clash.theirs for name, clash in refusal.clashes.items()}
        data = self.data.copy()  # type: ignore[attr-defined]
        data[self.add_prefix("base")] = json.dumps(base)
        self.data = data
        self.clashes = dict(texts)
        for name in refusal.clashes:
            if name in self.fields:
                self.add_error(name, str(refusal.message))
