"""Which surveys the figures count, and which the list of answers shows."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.core.filtering import DayField, FilterForm
from apps.core.lists import Column
from apps.core.models import Organisation
from apps.members.forms.picker import MemberFilter, of_colleagues
from apps.members.models import Team
from apps.members.querysets import Viewer
from apps.satisfaction.models import SurveyKind
from apps.satisfaction.querysets import SurveyQuerySet

NO_CHOICE = {"invalid_choice": _("There is no such choice.")}
COLUMNS = (
    Column("customer", _("Customer"), "customer__name"),
    Column("contact", _("Contact")),
    Column("kind", _("Question"), "kind"),
    Column("score", _("Answer"), "score", is_nullable=True, is_number=True, descends=True),
    Column("comment", _("Comment")),
    Column("owner", _("Owner")),
    Column("sent", _("Sent"), "sent_at", descends=True),
    Column("answered", _("Answered"), "answered_at", is_nullable=True, descends=True),
)


def choice(label: Any) -> forms.ChoiceField:  # noqa: ANN401 - text or its promise
    return forms.ChoiceField(label=label, required=False, error_messages=NO_CHOICE)


class FiguresFilter(FilterForm):
    """Days are those on which the surveys were sent; `team` takes those below it too."""

    team = choice(_("Team"))
    since = DayField(_("Sent from"))
    until = DayField(_("Sent up to"))

    shown = ("team", "since", "until")
    ranges = (("since", "until"),)

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data)
        self._teams = list(Team.objects.visible_to(user).order_by("name", "pk"))
        teams = [(team.slug, team.name) for team in self._teams]
        self._offer("team", _("Every team"), teams)

    def _offer(self, name: str, everything: Any, choices: Any) -> None:  # noqa: ANN401
        self.fields[name].choices = [("", everything), *choices]  # type: ignore[attr-defined]

    def apply(self, rows: SurveyQuerySet) -> SurveyQuerySet:
        given: dict[str, Any] = self.cleaned_data
        if given["team"]:
            chosen = next(team for team in self._teams if team.slug == given["team"])
            rows = rows.filter(team__path__contains=[chosen.pk])
        zone = Organisation.current().zone
        return rows.sent_within(given["since"], given["until"], zone)


class AnswersFilter(FiguresFilter):
    kind = choice(_("Question"))
    answer = choice(_("Answers"))
    owner = MemberFilter(_("Owner"), _("Every owner"))

    shown = ("kind", "answer", "owner")
    folded = ("team", "since", "until")

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data, user=user)
        groups = [
            ("answered", _("Answered")),
            ("unanswered", _("Not answered")),
            ("commented", _("With a comment")),
            ("satisfied", _("Satisfied: 4 and 5")),
            ("unsatisfied", _("Not satisfied: 1 to 3")),
            ("promoters", _("Promoters: 9 and 10")),
            ("passives", _("Passives: 7 and 8")),
            ("detractors", _("Detractors: 0 to 6")),
        ]
        self._offer("kind", _("Every question"), SurveyKind.choices)
        self._offer("answer", _("Answered or not"), groups)
        of_colleagues(self, "owner", user)

    def apply(self, rows: SurveyQuerySet) -> SurveyQuerySet:
        rows, given = super().apply(rows), self.cleaned_data
        if given["q"]:
            rows = rows.filter(customer__name__icontains=given["q"])
        if given["kind"]:
            rows = rows.filter(kind=given["kind"])
        if given["answer"]:
            rows = rows.among(given["answer"])
        if given["owner"]:
            rows = rows.filter(owner=given["owner"])
        return rows
