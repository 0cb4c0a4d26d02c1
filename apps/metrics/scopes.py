"""Whose figures a person may open, and how a scope becomes a condition."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.core.models import Organisation
from apps.funnel.querysets import OpportunityQuerySet
from apps.members.models import Member, Team
from apps.members.querysets import Viewer, reads
from apps.members.roles import Reach, RecordKind
from apps.members.selectors import primary_team_on
from apps.metrics.results import Scope


def scope_for(user: Viewer, team_slug: str | None, teams: Sequence[Team] | None = None) -> Scope:
    """The scope that a page shows; raises Team.DoesNotExist for what the user may not see.

    Without a slug it is the widest that the user has: everything, the teams they lead, or their
    own figures. HR sees no figures of customers at all. `teams`, all that the user may see, saves
    reading them again.
    """
    reach = reads(user, RecordKind.FIGURES)
    if reach is Reach.NONE:
        raise Team.DoesNotExist
    assert isinstance(user, Member)  # noqa: S101 - only members have a role
    if team_slug is None and reach is Reach.ALL:
        return scope_of_all()
    seen = list(Team.objects.visible_to(user)) if teams is None else teams
    if team_slug is not None:
        return _scope_among(seen, team_slug)
    return (_scope_of_lead(seen) if reach is Reach.SUBTREE else None) or scope_of_member(user)


def _scope_among(seen: Sequence[Team], slug: str) -> Scope:
    """Whoever sees a team sees every team below it, so that its subtree is among those seen."""
    team = next((team for team in seen if team.slug == slug), None)
    if team is None:
        raise Team.DoesNotExist
    return _scope_of(team, [below.pk for below in seen if team.pk in below.path])


def scope_of_all() -> Scope:
    return Scope(kind="all", label=_("All teams"))


def scope_of_team(team: Team) -> Scope:
    """The team with everything below it."""
    return _scope_of(team, Team.objects.subtree_of(team).values_list("pk", flat=True))


def _scope_of(team: Team, subtree: Iterable[int]) -> Scope:
    return Scope(kind="team", label=team.name, team=team, team_ids=tuple(sorted(subtree)))


def scope_of_member(member: Member) -> Scope:
    """The member's own figures, in whatever team they were made."""
    team = primary_team_on(member, Organisation.current().today())
    return Scope(kind="member", label=member.name, team=team, member=member)


def _scope_of_lead(led: Sequence[Team]) -> Scope | None:
    """The led subtrees as one scope; None for a manager who leads no team."""
    ids = {team.pk for team in led}
    tops = [team for team in led if team.parent_id not in ids]
    if not tops:
        return None
    single = tops[0] if len(tops) == 1 else None
    label = single.name if single else _("My teams")
    return Scope(kind="team", label=label, team=single, team_ids=tuple(sorted(ids)))


def within(scope: Scope, *, owner: str = "owner", team: str = "team") -> Q:
    """The condition on rows stamped with an owner and a team."""
    if scope.kind == "all":
        return Q()
    if scope.member is not None:
        return Q(**{owner: scope.member.pk})
    return Q(**{f"{team}__in": scope.team_ids or ()})


def narrowed[Rows: QuerySet[Any]](
    rows: Rows, scope: Scope, *, owner: str = "owner", team: str = "team"
) -> Rows:
    """The rows of the scope: the figure opens exactly these."""
    return rows.filter(within(scope, owner=owner, team=team))


def held(rows: OpportunityQuerySet, scope: Scope, day: date) -> OpportunityQuerySet:
    """Of `with_holder_ids_on(day)`, opened by then: what the scope held at the end of that day."""
    if scope.kind == "all":
        return rows
    if scope.member is not None:
        return rows.held_on(day, owner=scope.member)
    return rows.held_on(day, teams=scope.team_ids or ())


def condition(scope: Scope, owner: str, team: str) -> str:
    """The same condition in SQL on two column names (never user input); see `parameters`."""
    if scope.kind == "all":
        return "TRUE"
    if scope.member is not None:
        return f"{owner} = %(member_id)s"
    return f"{team} = ANY(%(team_ids)s)"


def parameters(scope: Scope) -> dict[str, Any]:
    """Values for the placeholders of `condition`."""
    return {
        "member_id": scope.member.pk if scope.member else None,
        "team_ids": list(scope.team_ids or ()),
    }
