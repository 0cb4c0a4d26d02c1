"""A form field that chooses one of very many people.

In the browser it suggests people while one types (`member_choices`). Without JavaScript the typed
name is looked up when the form is sent: one match is taken, several come back as a list to choose
from. The browser sends four values: `to` (the id), `to_q` (the text), `to_asked` (the text that the
page came with) and `to_find` (the “Search” button); programs and tests send `to` alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy

from apps.core.filtering import FilterForm
from apps.members.choosing import ALSO, people_found, people_to_choose
from apps.members.models import Member
from apps.members.querysets import Viewer, reads
from apps.members.roles import Reach, RecordKind

# Attributes of the control that the template writes itself.
OWN_ATTRIBUTES = {"id", "class", "required", "placeholder"}


@dataclass(frozen=True)
class Typed:
    """What came from the browser; `is_plain` if it was the id alone."""

    pk: str = ""
    text: str = ""
    asked: str = ""
    finds: bool = False
    is_plain: bool = False


class MemberPicker(forms.Widget):
    """Text with suggestions beside a hidden id; `found` are those to choose among after a search."""

    chosen_for = ""
    found: "list[Any] | None" = None
    template = "members/picker.html"
    # Keys of what can be chosen besides people.
    also: "tuple[str, ...]" = ()

    def address(self) -> str:
        """Where suggestions come from."""
        return reverse("member_choices")

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Typed:  # noqa: ANN401, ARG002
        return Typed(
            pk=data.get(name, ""),
            text=data.get(f"{name}_q", "").strip(),
            asked=data.get(f"{name}_asked", "").strip(),
            finds=bool(data.get(f"{name}_find")),
            is_plain=f"{name}_q" not in data,
        )

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:  # noqa: ANN401, ARG002
        return name not in data and f"{name}_q" not in data

    def id_for_label(self, id_: str) -> str:
        return id_

    def render(
        self,
        name: str,
        value: Any,  # noqa: ANN401 - a member, what was typed, or nothing
        attrs: Mapping[str, Any] | None = None,
        renderer: Any = None,  # noqa: ANN401, ARG002
    ) -> SafeString:
        pk, text = _shown(value)
        given = {**self.attrs, **(attrs or {})}
        asked = {"field": name, "for": self.chosen_for, "also": ",".join(self.also)}
        query = urlencode({key: said for key, said in asked.items() if said or key == "for"})
        content = {
            "name": name,
            "pk": pk,
            "text": text,
            "found": self.found,
            "hint": self.attrs.get("placeholder", ""),
            "look": given.get("class") or "form-control",
            "attrs": {key: said for key, said in given.items() if key not in OWN_ATTRIBUTES},
            "id": given.get("id") or f"id_{name}",
            "required": self.is_required,
            "address": f"{self.address()}?{query}",
        }
        return mark_safe(render_to_string(self.template, content))


def _shown(value: Any) -> tuple[str, str]:  # noqa: ANN401
    if isinstance(value, models.Model):
        return str(value.pk), str(getattr(value, "name", value))
    if isinstance(value, Typed):
        return value.pk, value.text
    if value in ALSO:
        return str(value), str(ALSO[value])
    return "", ""


class MemberField(forms.Field):
    """Chooses a member; call `offer(user)` in the form's `__init__`.

    `chosen_for` is a key of `CHOSEN_FOR`, `also` are keys of `ALSO` that can be chosen besides
    people; clean gives the key then. What one may not see reads like what never was.
    """

    widget = MemberPicker
    default_error_messages = {
        "required": gettext_lazy("Choose somebody."),
        "invalid_choice": gettext_lazy("There is no such choice."),
        "nobody": gettext_lazy("Nobody of this name can be chosen: look for another name."),
        "several": gettext_lazy("Choose one of those found."),
    }

    def __init__(self, *, chosen_for: str = "", also: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.chosen_for = chosen_for
        self.widget.also = self.also = also
        self.chosen_for = chosen_for
        self.people: Any = Member.objects.none()

    def offer(self, user: Viewer, *, without: Member | None = None) -> None:
        """Offers those whom the person may choose."""
        people = people_to_choose(user, self.chosen_for)
        self.people = people.exclude(pk=without.pk) if without is not None else people

    def search(self, text: str) -> list[Any]:
        """Those of the name, to choose among."""
        return people_found(self.people, text)[0]

    @staticmethod
    def parameters(name: str) -> tuple[str, ...]:
        """What the control sends beside its own parameter."""
        return f"{name}_q", f"{name}_asked", f"{name}_find"

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 - Django's signature
        """An initial id becomes the member, whose name the field shows."""
        if isinstance(value, int):
            return self.people.filter(pk=value).first()
        if isinstance(value, Typed) and value.is_plain:
            return self._besides(value) or self._chosen(value)
        return value

    def clean(self, value: Typed | None) -> Any:  # noqa: ANN401 - a member, or a key of ALSO
        typed = value or Typed()
        chosen = self._besides(typed) or self._chosen(typed)
        if chosen is not None:
            return chosen
        if typed.is_plain and typed.pk:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        if typed.text or typed.finds:
            return self._looked_up(typed)
        if self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        return None

    def _besides(self, typed: Typed) -> str | None:
        """The key of what is no person, by its key or by its word."""
        for key in self.also:
            word = str(ALSO[key]).casefold()
            by_word = typed.text.casefold() == word
            if by_word or (typed.pk == key and typed.text.casefold() in {"", word}):
                return key
        return None

    def _chosen(self, typed: Typed) -> Any:  # noqa: ANN401 - a member, or nobody
        """The id counts unless another name was typed since the page was made."""
        if not re.fullmatch(r"[0-9]{1,18}", typed.pk):
            return None
        found = self.people.filter(pk=int(typed.pk)).first()
        if found is None or typed.is_plain or typed.text in {typed.asked, found.name}:
            return found
        return None

    def _looked_up(self, typed: Typed) -> Any:  # noqa: ANN401 - a member
        found = self.search(typed.text)
        if len(found) == 1 and not typed.finds:
            return found[0]
        if not found:
            raise ValidationError(self.error_messages["nobody"], code="nobody")
        self.widget.found = found
        raise ValidationError(self.error_messages["several"], code="several")

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ANN401 - Django's signature
        before = initial.pk if isinstance(initial, models.Model) else initial
        return str(before or "") != (data.pk if isinstance(data, Typed) else "")


class MemberFilter(MemberField):
    """A list's filter by a member; `everybody` says that there is none.

    Offers those of whom there is work, also of people who have left: what links name must keep its
    meaning. Call `of_colleagues` in the form's `__init__`.
    """

    def __init__(self, label: Any, everybody: Any, *, also: tuple[str, ...] = ()) -> None:  # noqa: ANN401 - lazy texts
        super().__init__(label=label, required=False, chosen_for="own", also=also)
        self.widget.attrs["placeholder"] = everybody


def of_colleagues(form: FilterForm, name: str, user: Viewer) -> None:
    """Let the filter know whom the reader sees; whoever sees nobody else has no use for it."""
    form.fields[name].people = Member.objects.visible_to(user)  # type: ignore[attr-defined]
    if reads(user, RecordKind.SALES) is Reach.OWN and not form.fields[name].also:  # type: ignore[attr-defined]
        form.shown = tuple(one for one in form.shown if one != name)
