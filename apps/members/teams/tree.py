"""Every change to the tree of teams.

The tree is kept twice: `parent` says it, `path` (all ids from the root down) makes a subtree one
look-up. Both change together, in one statement for a whole subtree.
"""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pypinyin import lazy_pinyin

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import DirtyDay, Organisation
from apps.core.services import audit_record, changed_values
from apps.members.models import Invitation, Member, Membership, Team, TeamKind, TeamStage
from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind

SLUG_LENGTH = 70
# Addresses of pages that stand where a team's would.
TAKEN = {"new", "memberships"}

# The whole subtree moves at once: what stood above the moved team is cut off each path.
MOVE = """
UPDATE members_team
SET path = %(above)s::bigint[] || path[%(depth)s:],
    parent_id = CASE WHEN id = %(team)s THEN %(parent)s ELSE parent_id END
WHERE path @> ARRAY[%(team)s]::bigint[]
"""


class Cycle(DomainError):  # noqa: N818 - named for what it would be
    """A team can't be moved below itself."""


class TeamClosed(DomainError):  # noqa: N818 - named for what is the case
    """The team is closed."""


class TeamInUse(DomainError):  # noqa: N818 - named for what is the case
    """Something still belongs to the team."""


class UnfitLead(DomainError):  # noqa: N818 - named for what is refused
    """This person can't lead a team."""


@transaction.atomic
def team_create(  # noqa: PLR0913 - a team's fields
    *,
    name: str,
    by: Member | None,
    slug: str = "",
    parent: Team | None = None,
    lead: Member | None = None,
    kind: TeamKind | str = TeamKind.REGION,
    formed_on: date | None = None,
) -> Team:
    """Create a team below `parent`; without a slug its address follows from the name.

    Raises:
        TeamClosed: the team above is closed.
        UnfitLead: the lead could not see their team.
        NotPermitted: `by` decides nothing at that place.
    """
    above = _held([parent])[0] if parent else None
    _check_place(by, above)
    _check_lead(lead)
    today = Organisation.current().today()
    if formed_on is not None and formed_on > today:
        raise DomainError(_("The first day of a team can't lie in the future."))
    team = Team(
        name=name,
        slug=slug or f"new-{uuid.uuid4().hex}",
        parent=above,
        lead=lead,
        kind=kind,
        formed_on=formed_on or today,
    )
    team.full_clean()
    team.save()
    team.path = [*(above.path if above else []), team.pk]
    team.slug = slug or _slug(name, team.pk)
    team.save(update_fields=["path", "slug"])
    fields = ("name", "parent", "lead", "kind", "formed_on")
    changes = changed_values(team, {}, fields)
    audit_record(by=by, action="team.create", record=team, changes=changes)
    return team


@transaction.atomic
def team_change(
    *, team: Team, name: str, kind: TeamKind | str, formed_on: date | None, by: Member | None
) -> Team:
    """Change how a team is called, by what it is organised, and its first day in this form.

    Its address stays, so that links to it go on working.
    """
    held = _editable(team, by)
    _check_open(held)
    if formed_on is not None and formed_on > Organisation.current().today():
        raise DomainError(_("The first day of a team can't lie in the future."))
    given = {"name": name, "kind": str(kind), "formed_on": formed_on}
    return _written(held, given, action="team.change", by=by)


@transaction.atomic
def team_edit(
    *,
    team: Team,
    name: str,
    kind: TeamKind | str,
    formed_on: date | None,
    by: Member | None,
    **lead: Member | None,
) -> Team:
    """`team_change`, and `team_lead_set` where a `lead` is given, as one deed."""
    changed = team_change(team=team, name=name, kind=kind, formed_on=formed_on, by=by)
    return team_lead_set(team=changed, by=by, **lead) if lead else changed


@transaction.atomic
def team_lead_set(*, team: Team, lead: Member | None, by: Member | None) -> Team:
    """Name who leads the team, or nobody: then whoever leads the next team above does.

    Raises:
        UnfitLead: the person is not here any more, or their access role leads nobody.
        NotPermitted: nobody names their own successor, or somebody beside them.
    """
    held = _placed(team, by)
    _check_open(held)
    if lead is None or lead.pk != held.lead_id:
        _check_lead(lead)
    return _written(held, {"lead": lead}, action="team.lead", by=by)


@transaction.atomic
def team_move(*, team: Team, to: Team | None, by: Member | None) -> Team:
    """Put the team, with everything below it, under another one, or at the top of the tree.

    Figures stay stamped with their teams; sums of a subtree follow the tree of today (ADR 10).
    All teams are held, in the order of their keys, so that no second move can close a circle
    meanwhile. It is a lock that lets orders and opportunities of the teams through.

    Raises:
        Cycle: the new place is the team itself or lies below it.
        TeamClosed: the new place is closed.
    """
    held = {one.pk: one for one in Team.objects.select_for_update(no_key=True).order_by("pk")}
    moved, above = held[team.pk], held[to.pk] if to else None
    _may(by, Team.objects.placed_by, moved)
    _check_open(moved)
    if above is not None and moved.pk in above.path:
        raise Cycle(_("A team can't be moved below itself: choose a place outside its own teams."))
    if moved.parent_id == (above.pk if above else None):
        raise DomainError(_("The team stands there already."))
    _check_place(by, above)
    before = held[moved.parent_id] if moved.parent_id else None
    values: dict[str, Any] = {
        "team": moved.pk,
        "parent": above.pk if above else None,
        "above": above.path if above else [],
        "depth": len(moved.path),
    }
    with connection.cursor() as cursor:
        cursor.execute(MOVE, values)
    # The night's rates of the teams above count the subtree at its old place: behind till it runs.
    DirtyDay.objects.create(day=date.min, source="rates")
    moved.refresh_from_db()
    changes = {"parent": [before, above]}
    action = "team.move" if above else "team.move_top"
    audit_record(by=by, action=action, record=moved, changes=changes)
    return moved


@transaction.atomic
def team_close(*, team: Team, by: Member | None) -> Team:
    """End a team today; its past, its figures and its former members stay.

    Raises:
        TeamInUse: somebody belongs to it or is invited to it, or a team below it is open.
    """
    held = _placed(team, by)
    _check_open(held)
    today = Organisation.current().today()
    _check_empty(held, today)
    return _written(held, {"closed_on": today}, action="team.close", by=by)


@transaction.atomic
def team_reopen(*, team: Team, by: Member | None) -> Team:
    """Take a team up again at the place where it stood.

    Raises:
        TeamClosed: the team above it is closed: that one first.
    """
    held = _placed(team, by)
    if held.closed_on is None:
        raise DomainError(_("The team is open already."))
    if held.parent is not None:
        _check_open(held.parent)
    return _written(held, {"closed_on": None}, action="team.reopen", by=by)


@transaction.atomic
def team_stage_set(*, team: Team, stage: TeamStage | str, reason: str, by: Member | None) -> Team:
    """Say by hand how far the team has grown together, and why; it holds until taken back."""
    held = _editable(team, by)
    _check_open(held)
    if not reason.strip():
        raise DomainError(_("Say why the stage differs from what the team's age says."))
    given = {
        "stage": str(stage),
        "stage_reason": reason.strip(),
        "stage_set_on": Organisation.current().today(),
        "stage_set_by": by,
    }
    return _written(held, given, action="team.stage", by=by)


@transaction.atomic
def team_stage_clear(*, team: Team, by: Member | None) -> Team:
    """Let the team's age say its stage again."""
    held = _editable(team, by)
    if not held.stage:
        raise DomainError(_("The stage follows from the team's age already."))
    given = {"stage": "", "stage_reason": "", "stage_set_on": None, "stage_set_by": None}
    return _written(held, given, action="team.stage_clear", by=by)


def _slug(name: str, pk: int) -> str:
    """Letters and digits of the name, Chinese by its sound; the key where there are none.

    With the key behind it where it is taken.
    """
    base = slugify("-".join(lazy_pinyin(name)))[:SLUG_LENGTH].strip("-")
    if not base:
        return f"team-{pk}"
    is_taken = base in TAKEN or Team.objects.filter(slug=base).exists()
    return f"{base}-{pk}" if is_taken else base


def _held(teams: Sequence[Team]) -> list[Team]:
    """The teams as they are now, locked in the order of their keys, answered in that given."""
    keys = [team.pk for team in teams]
    rows = Team.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=keys)
    related = rows.prefetch_related("parent", "lead", "stage_set_by")
    found = {team.pk: team for team in related.order_by("pk")}
    return [found[pk] for pk in keys]


def _editable(team: Team, by: Member | None) -> Team:
    _may(by, Team.objects.editable_by, team)
    return _held([team])[0]


def _placed(team: Team, by: Member | None) -> Team:
    _may(by, Team.objects.placed_by, team)
    return _held([team])[0]


def _may(by: Member | None, scope: Any, team: Team) -> None:  # noqa: ANN401 - a queryset's method
    if by is not None and not scope(by).filter(pk=team.pk).exists():
        raise NotPermitted(_("Whoever leads the team above decides this."))


def _check_place(by: Member | None, above: Team | None) -> None:
    """Whether `by` may put a team below `above`, or at the top of the tree."""
    if above is not None:
        _check_open(above)
        _may(by, Team.objects.editable_by, above)
    elif by is not None and writes(by, RecordKind.PEOPLE) is not Reach.ALL:
        raise NotPermitted(_("At the top of the tree only an administrator or HR places a team."))


def _check_open(team: Team) -> None:
    if team.closed_on is not None:
        raise TeamClosed(
            _("“%(team)s” is closed: open it again first, or choose another team.")
            % {"team": team.name}
        )


def _check_lead(lead: Member | None) -> None:
    if lead is None:
        return
    if not lead.is_active:
        raise UnfitLead(_("%(name)s is not active: choose somebody who is.") % {"name": lead.name})
    if not lead.role.leads:
        words = _(
            "%(name)s has the access role %(role)s and would not see the team: an administrator"
            " changes the role to Manager first."
        )
        raise UnfitLead(words % {"name": lead.name, "role": lead.get_access_role_display()})


def _check_empty(team: Team, today: date) -> None:
    """Say all that still belongs to the team at once, with what to do about it."""
    members = Membership.objects.filter(team=team).exclude(ends_on__lte=today).count()
    below = Team.objects.filter(parent=team, closed_on__isnull=True).count()
    invited = Invitation.objects.filter(
        team=team, accepted_at__isnull=True, revoked_at__isnull=True
    ).count()
    reasons = []
    if members:
        words = ngettext(
            "%(n)s membership goes on: move that person or end it.",
            "%(n)s memberships go on: move those people or end them.",
            members,
        )
        reasons.append(words % {"n": members})
    if below:
        words = ngettext(
            "%(n)s team below it is open: move or close it.",
            "%(n)s teams below it are open: move or close them.",
            below,
        )
        reasons.append(words % {"n": below})
    if invited:
        words = ngettext(
            "%(n)s invitation to it is open: take it back.",
            "%(n)s invitations to it are open: take them back.",
            invited,
        )
        reasons.append(words % {"n": invited})
    if reasons:
        start = _("“%(team)s” can't be closed yet.") % {"team": team.name}
        raise TeamInUse(" ".join([start, *reasons]))


def _written(team: Team, given: dict[str, Any], *, action: str, by: Member | None) -> Team:
    """Write what differs, with an audit entry that says before and after; nothing without one."""
    changes = {}
    for name, value in given.items():
        old = getattr(team, name)
        if old != value:
            changes[name] = [old, value]
            setattr(team, name, value)
    if changes:
        team.full_clean(exclude=["path"])
        team.save(update_fields=list(changes))
        audit_record(by=by, action=action, record=team, changes=changes)
    return team
