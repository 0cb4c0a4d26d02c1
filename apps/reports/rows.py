"""Addresses of the lists behind the figures: each opens exactly the rows that a figure counts."""

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.urls import reverse

from apps.funnel.models import Level, State
from apps.members.models import Member
from apps.metrics.results import Scope
from apps.reports.switches import team_of

type Value = str | int | date


def _address(name: str, **filters: Value | None) -> str:
    """A list's address with those filters that are set; days as ISO dates."""
    given = {key: str(value) for key, value in filters.items() if value is not None}
    return f"{reverse(name)}?{urlencode(given)}" if given else reverse(name)


@dataclass(frozen=True)
class Rows:
    """The lists of one scope; days are inclusive on both ends."""

    scope: Scope

    @property
    def _team(self) -> str | None:
        team = team_of(self.scope)
        return team.slug if team else None

    def _person(self, member: Member | None) -> int | None:
        chosen = member or self.scope.member
        return chosen.pk if chosen else None

    def orders(self, start: date, end: date, member: Member | None = None) -> str:
        person = self._person(member)
        return _address("orders", team=self._team, member=person, **{"from": start, "to": end})

    def closed(
        self, start: date, end: date, state: State | None = None, member: Member | None = None
    ) -> str:
        """Won, lost or (without `state`) both, closed in the range."""
        return self._opportunities(member, state=state, closed_from=start, closed_to=end)

    def standing(self, as_of: date, level: Level | None = None) -> str:
        """Open at the end of the day, at the level at which they stood then."""
        return self._opportunities(
            state=State.OPEN, level=level.code if level else None, as_of=as_of
        )

    def stuck(self, as_of: date, level: Level | None = None) -> str:
        code = level.code if level else None
        return self._opportunities(state=State.OPEN, level=code, as_of=as_of, stuck=1)

    def entered(self, level: Level, as_of: date, window_days: int) -> str:
        """Entries of a level in the window that ends with the day."""
        start = as_of - timedelta(days=window_days - 1)
        return self._opportunities(entered=level.code, entered_from=start, entered_to=as_of)

    def without_customer(self) -> str:
        return self._opportunities(no_customer=1)

    def expected(self, start: date, end: date) -> str:
        return self._opportunities(state=State.OPEN, expected_from=start, expected_to=end)

    def _opportunities(self, member: Member | None = None, **filters: Value | None) -> str:
        person = self._person(member)
        return _address("opportunities", team=self._team, owner=person, **filters)
