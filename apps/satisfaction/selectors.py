"""Reads of the pages of surveys."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from apps.core.models import MailState
from apps.customers.models import Contact, Customer
from apps.members.models import Member, Team
from apps.members.querysets import Viewer
from apps.satisfaction.links import survey_address
from apps.satisfaction.models import Survey, SurveyKind, SurveyState
from apps.satisfaction.querysets import SurveyQuerySet
from apps.satisfaction.scores import Csat, Nps, response_rate

STUCK = (MailState.FAILED, MailState.UNCONFIRMED)


@dataclass(frozen=True)
class Tally:
    """Both kinds of answers of one group of surveys."""

    csat: Csat = field(default_factory=Csat)
    nps: Nps = field(default_factory=Nps)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.csat + other.csat, self.nps + other.nps)

    @property
    def asked(self) -> int:
        return self.csat.asked + self.nps.asked

    @property
    def answers(self) -> int:
        return self.csat.answers + self.nps.answers

    @property
    def response_rate(self) -> Decimal | None:
        return response_rate(self.csat, self.nps)


@dataclass(frozen=True)
class GroupLine:
    """Surveys of one team or owner; `key` is what the address takes, empty for those not named."""

    key: str
    name: str
    tally: Tally


@dataclass(frozen=True)
class Figures:
    whole: Tally
    months: dict[date, Tally]
    teams: list[GroupLine]
    owners: list[GroupLine]


@dataclass(frozen=True)
class SurveyLine:
    """A survey on the customer's page; `address` only while it is open, for who may pass it on."""

    survey: Survey
    state: SurveyState
    address: str
    # The mail did not go out, as far as anybody knows.
    is_stuck: bool

    @property
    def shows_link(self) -> bool:
        """Whether somebody has to pass the link on; else it is only there to be copied."""
        return self.survey.mail is None or self.is_stuck


@dataclass(frozen=True)
class CustomerSatisfaction:
    """What a customer said: the latest answer of each kind, and every survey."""

    csat: Survey | None
    nps: Survey | None
    lines: list[SurveyLine]


def figures(rows: SurveyQuerySet, user: Viewer, zone: ZoneInfo) -> Figures:
    """Everything that the page counts, by one statement; people and teams that one sees by name."""
    months: dict[date, Tally] = defaultdict(Tally)
    teams: dict[int | None, Tally] = defaultdict(Tally)
    owners: dict[int | None, Tally] = defaultdict(Tally)
    whole = Tally()
    for row in rows.tallied(zone):
        tally = _tally(row)
        whole += tally
        months[row["month"].date()] += tally
        teams[row["team"]] += tally
        owners[row["owner"]] += tally
    named_teams = dict(Team.objects.visible_to(user).values_list("pk", "name"))
    slugs = dict(Team.objects.visible_to(user).values_list("pk", "slug"))
    people = dict(Member.objects.visible_to(user).values_list("pk", "name"))
    return Figures(
        whole,
        dict(sorted(months.items())),
        _lines(teams, named_teams, slugs),
        _lines(owners, people, {pk: str(pk) for pk in people}),
    )


def _tally(row: Mapping[str, Any]) -> Tally:
    asked, answers = row["asked"], row["answers"]
    if row["kind"] == SurveyKind.CSAT:
        return Tally(csat=Csat(asked, answers, row["total"] or 0, row["satisfied"]))
    return Tally(nps=Nps(asked, answers, row["promoters"], row["detractors"]))


def _lines(
    tallies: Mapping[int | None, Tally], names: Mapping[int, str], keys: Mapping[int, str]
) -> list[GroupLine]:
    """By name; those whom the reader doesn't know by name, and nobody, are one last line."""
    known = [
        GroupLine(keys[pk], names[pk], tally)
        for pk, tally in tallies.items()
        if pk is not None and pk in names
    ]
    others = [tally for pk, tally in tallies.items() if pk is None or pk not in names]
    rest = [GroupLine("", "", sum(others, Tally()))] if others else []
    return [*sorted(known, key=lambda line: (line.name, line.key)), *rest]


def satisfaction_of(customer: Customer, *, may_change: bool) -> CustomerSatisfaction:
    rows = list(Survey.objects.filter(customer=customer).for_list())
    return CustomerSatisfaction(
        _latest(rows, SurveyKind.CSAT),
        _latest(rows, SurveyKind.NPS),
        [_line(row, may_change) for row in rows],
    )


def _latest(rows: Iterable[Survey], kind: SurveyKind) -> Survey | None:
    answered = [row for row in rows if row.kind == kind and row.answered_at is not None]
    return max(answered, key=lambda row: (row.answered_at, row.pk), default=None)


def _line(survey: Survey, may_change: bool) -> SurveyLine:
    state = survey.state
    is_open = state is SurveyState.OPEN and may_change
    return SurveyLine(
        survey=survey,
        state=state,
        address=survey_address(survey) if is_open else "",
        is_stuck=is_open and survey.mail is not None and survey.mail.state in STUCK,
    )


def contacts_to_ask(customer: Customer) -> list[Contact]:
    """The people at the customer who may be asked."""
    rows = Contact.objects.filter(customer=customer, deleted_at=None, erased_at=None)
    return list(rows.filter(is_former=False))
