"""What is asked before many customers are changed: one form for each kind of change."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.bulk.models import BulkKind
from apps.core.errors import DomainError
from apps.core.exports import CSV, EXCEL
from apps.core.filtering import NamedChoice
from apps.core.formats import listed
from apps.core.models import Organisation
from apps.customers.custom_fields.values import fields_in_use, form_field, show_value
from apps.customers.editing.values import custom_name
from apps.customers.models import Customer
from apps.customers.tagging.services import tag_names
from apps.members.choosing import people_to_choose
from apps.members.forms.picker import MemberField
from apps.members.models import Member, Team

PEOPLE = 6
# Columns that make sense to set alike on many.
COLUMNS = ("industry", "region", "source")


class BulkForm(forms.Form):
    """`params()` is what the run keeps, `words()` what the confirmation says of it."""

    def __init__(self, *args: Any, user: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def params(self) -> dict[str, Any]:
        raise NotImplementedError

    def words(self) -> str:
        raise NotImplementedError


class EditForm(BulkForm):
    """One field for all of them: an own column or a custom field; empty only when said so."""

    field = forms.ChoiceField(
        label=_("Field"),
        widget=forms.Select(
            attrs={
                "hx-get": "",
                "hx-trigger": "change",
                "hx-target": "#bulk-fields",
                "hx-swap": "outerHTML",
            }
        ),
    )
    clear = forms.BooleanField(label=_("Empty the field"), required=False)

    def __init__(self, *args: Any, user: Member, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.customs = {custom_name(one): one for one in fields_in_use()}
        columns = [
            (name, capfirst(Customer._meta.get_field(name).verbose_name))  # type: ignore[union-attr]
            for name in COLUMNS
        ]
        choices = [*columns, *((name, one.label) for name, one in self.customs.items())]
        self.fields["field"].choices = choices  # type: ignore[attr-defined]
        for name, label in choices:
            self.fields[f"value_{name}"] = self._value_field(name, str(label))

    def _value_field(self, name: str, label: str) -> forms.Field:
        if name in self.customs:
            made = form_field(self.customs[name])
            made.required, made.label = False, label
            return made
        longest = Customer._meta.get_field(name).max_length  # type: ignore[union-attr]
        return forms.CharField(label=label, required=False, max_length=longest)

    @property
    def chosen(self) -> str:
        names = [name for name, _label in self.fields["field"].choices]  # type: ignore[attr-defined]
        asked = self["field"].value()
        return str(asked if asked in names else names[0])

    @property
    def value(self) -> forms.BoundField:
        """The control of the chosen field's value: the only one that the page shows."""
        return self[f"value_{self.chosen}"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        name = given.get("field")
        for other in [
            one for one in self.errors if one.startswith("value_") and one != f"value_{name}"
        ]:
            del self.errors[other]  # what is not asked is not wrong
        if not name or f"value_{name}" in self.errors:
            return given
        is_empty = given.get(f"value_{name}") in (None, "")
        if is_empty and not given.get("clear"):
            self.add_error(f"value_{name}", _("Enter the value, or say that the field is emptied."))
        if given.get("clear") and name in self.customs and self.customs[name].is_required:
            self.add_error("clear", _("This field must be filled in: enter a value."))
        return given

    def params(self) -> dict[str, Any]:
        name = self.cleaned_data["field"]
        empty = None if name in self.customs else ""
        value = empty if self.cleaned_data["clear"] else self.cleaned_data[f"value_{name}"]
        return {"field": name, "value": value}

    def words(self) -> str:
        params = self.params()
        name = params["field"]
        label = dict(self.fields["field"].choices)[name]  # type: ignore[attr-defined]
        if params["value"] in (None, ""):
            return gettext("%(field)s is emptied") % {"field": label}
        shown = (
            show_value(self.customs[name], params["value"])
            if name in self.customs
            else params["value"]
        )
        return gettext("%(field)s becomes “%(value)s”") % {"field": label, "value": shown}


class AssignForm(BulkForm):
    """To people in turn, to a team's people in turn, or back to the pool."""

    how = forms.ChoiceField(
        label=_("Who gets them"),
        widget=forms.RadioSelect,
        initial="people",
        choices=[
            ("people", _("Somebody, or several in turn")),
            ("team", _("The people of a team in turn")),
            ("pool", _("Back to the pool")),
        ],
    )
    team = NamedChoice(_("Team"), _("Choose a team"), by="slug")
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        help_text=_("Stands in each customer’s history."),
    )

    def __init__(self, *args: Any, user: Member, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        teams = Team.objects.visible_to(user).filter(closed_on=None).order_by("name", "pk")
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        for number in range(1, PEOPLE + 1):
            picker = MemberField(
                label=_("Receiver") if number == 1 else _("Another receiver"),
                required=False,
                chosen_for="own",
            )
            picker.offer(user)
            self.fields[f"to_{number}"] = picker

    def pickers(self) -> list[forms.BoundField]:
        return [self[f"to_{number}"] for number in range(1, PEOPLE + 1)]

    def people(self) -> list[Member]:
        """The receivers, each once."""
        given = self.cleaned_data
        if given.get("how") == "team":
            rows = people_to_choose(self.user, "own")
            today = Organisation.current().today()
            return list(rows.in_team(given["team"].slug, today).order_by("name", "pk"))
        if given.get("how") == "pool":
            return []
        chosen = (given.get(f"to_{number}") for number in range(1, PEOPLE + 1))
        return list(dict.fromkeys(one for one in chosen if isinstance(one, Member)))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        how = given.get("how")
        if how == "team" and not given.get("team"):
            self.add_error("team", _("Choose a team."))
        elif how == "pool" and not given.get("reason"):
            self.add_error("reason", _("Say why the customers go back to the pool."))
        elif not self.errors and how != "pool" and not self.people():
            where = "team" if how == "team" else "to_1"
            words = (
                _("Nobody in this team can own customers.")
                if how == "team"
                else _("Choose somebody.")
            )
            self.add_error(where, words)
        return given

    def params(self) -> dict[str, Any]:
        return {"to": [one.pk for one in self.people()], "reason": self.cleaned_data["reason"]}

    def words(self) -> str:
        people = self.people()
        if not people:
            return gettext("They go back to the pool")
        if len(people) == 1:
            return gettext("%(member)s becomes their owner") % {"member": people[0]}
        return gettext("They go in turn to %(members)s") % {
            "members": listed(p.name for p in people)
        }


class TagForm(BulkForm):
    tags = forms.CharField(
        label=_("Tags"),
        max_length=500,
        help_text=_("With commas between them; a new word becomes a new tag."),
    )

    def clean_tags(self) -> list[str]:
        try:
            names = tag_names(self.cleaned_data["tags"])
        except DomainError as refusal:
            raise ValidationError(str(refusal.message)) from refusal
        if not names:
            raise ValidationError(gettext("Enter at least one tag."))
        return names

    def params(self) -> dict[str, Any]:
        return {"tags": self.cleaned_data["tags"]}

    def words(self) -> str:
        return gettext("They get the tags %(tags)s") % {"tags": listed(self.cleaned_data["tags"])}


class UntagForm(TagForm):
    tags = forms.CharField(
        label=_("Tags"), max_length=500, help_text=_("With commas between them.")
    )

    def words(self) -> str:
        return gettext("They lose the tags %(tags)s") % {"tags": listed(self.cleaned_data["tags"])}


class ExportForm(BulkForm):
    file = forms.ChoiceField(
        label=_("File"),
        widget=forms.RadioSelect,
        initial=CSV,
        choices=[(CSV, "CSV"), (EXCEL, "Excel")],
    )

    def params(self) -> dict[str, Any]:
        return {"file": self.cleaned_data["file"]}

    def words(self) -> str:
        return gettext("They are written into a file")


class DeleteForm(BulkForm):
    reason = forms.CharField(label=_("Reason"), max_length=500)

    def params(self) -> dict[str, Any]:
        return {"reason": self.cleaned_data["reason"]}

    def words(self) -> str:
        return gettext("They are deleted; for 30 days they can be brought back")


FORMS: dict[str, Callable[..., BulkForm]] = {
    BulkKind.EDIT: EditForm,
    BulkKind.ASSIGN: AssignForm,
    BulkKind.TAG: TagForm,
    BulkKind.UNTAG: UntagForm,
    BulkKind.EXPORT: ExportForm,
    BulkKind.DELETE: DeleteForm,
}
