"""Saved views and what a member keeps of a list: made, changed, deleted."""

from collections.abc import Sequence

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.services import audit_record, changed_values, values_of
from apps.members.models import ListSetting, Member, SavedView, Sharing, Team
from apps.members.saved_views.pages import PAGES
from apps.members.saved_views.selectors import (
    kept_query,
    may_change,
    sharings_of,
    teams_to_share_with,
)

LONGEST_QUERY = 2000
MOST_COLUMNS = 60
FIELDS = ("name", "sharing", "team", "query", "columns")


class NotYourTeam(DomainError):  # noqa: N818 - named for what is the case
    """A view is shared with teams that one belongs to or leads."""


class ViewGone(DomainError):  # noqa: N818 - named for what happened
    """The view was deleted meanwhile."""


@transaction.atomic
def saved_view_create(  # noqa: PLR0913 - what a view consists of
    *,
    page: str,
    name: str,
    sharing: str,
    team: Team | None,
    query: str,
    columns: Sequence[str],
    by: Member,
) -> SavedView:
    """Keep an address's filters and order, and the columns, under a name.

    Raises:
        NotPermitted: the person may not share so far.
        NotYourTeam: nor with this team.
        ValidationError: a name that they have used already.
    """
    view = SavedView(
        page=_known(page),
        name=" ".join(name.split()),
        owner=by,
        query=_kept(query),
        columns=_keys(columns),
        is_sample=by.is_sample,
    )
    _share(view, sharing, team, by)
    view.full_clean()
    view.save()
    audit_record(
        by=by, action="savedview.create", record=view, changes=changed_values(view, {}, FIELDS)
    )
    return view


@transaction.atomic
def saved_view_change(
    *, view: SavedView, name: str, sharing: str, team: Team | None, by: Member
) -> SavedView:
    """Another name, other people; refusals as on making one."""
    held = _held(view, by)
    before = values_of(held, FIELDS)
    held.name = " ".join(name.split())
    _share(held, sharing, team, by)
    return _written(held, before, by)


@transaction.atomic
def saved_view_update(
    *, view: SavedView, query: str, columns: Sequence[str], by: Member
) -> SavedView:
    """Let the view show from now on what the address asks for."""
    held = _held(view, by)
    before = values_of(held, FIELDS)
    held.query, held.columns = _kept(query), _keys(columns)
    return _written(held, before, by)


@transaction.atomic
def saved_view_delete(*, view: SavedView, by: Member) -> None:
    """Let a view go; whom it greeted gets the list itself again."""
    held = _held(view, by)
    audit_record(by=by, action="savedview.delete", record=held)
    held.delete()


@transaction.atomic
def list_columns_choose(*, page: str, columns: Sequence[str], by: Member) -> ListSetting:
    """Remember the person's columns of a list; none: the list's own choice.

    What somebody likes to look at is no change of the firm's data: it is not in the audit trail.
    """
    held = _setting_held(page, by)
    held.columns = _keys(columns)
    held.full_clean()
    held.save(update_fields=["columns"])
    return held


@transaction.atomic
def list_default_choose(*, page: str, view: SavedView | None, by: Member) -> ListSetting:
    """Let a view greet the person when they just open the list; None: the list itself does."""
    held = _setting_held(page, by)
    if view is not None and not SavedView.objects.visible_to(by).filter(pk=view.pk).exists():
        raise ViewGone(_("This view was deleted meanwhile: save it anew."))
    held.default_view = view
    held.save(update_fields=["default_view"])
    return held


def _setting_held(page: str, by: Member) -> ListSetting:
    row = ListSetting(member=by, page=_known(page), is_sample=by.is_sample)
    ListSetting.objects.bulk_create([row], ignore_conflicts=True)
    held: ListSetting = ListSetting.objects.select_for_update().get(member=by, page=page)
    return held


def _held(view: SavedView, by: Member) -> SavedView:
    held: SavedView | None = (
        SavedView.objects.select_for_update(of=("self",))
        .prefetch_related("team")
        .filter(pk=view.pk)
        .first()
    )
    if held is None:
        raise ViewGone(_("This view was deleted meanwhile: save it anew."))
    if not may_change(held, by):
        raise NotPermitted(_("This view is somebody else's: save it as one of your own."))
    return held


def _share(view: SavedView, sharing: str, team: Team | None, by: Member) -> None:
    """Who sees the view; what it was already, it may stay."""
    if sharing == view.sharing and (team == view.team or sharing != Sharing.TEAM):
        return
    teams = teams_to_share_with(by)
    if sharing not in sharings_of(by, teams):
        raise NotPermitted(_("Views for everyone are saved by directors and administrators."))
    if sharing == Sharing.TEAM and team not in teams:
        raise NotYourTeam(_("Choose a team that you belong to or lead."))
    view.sharing = sharing
    view.team = team if sharing == Sharing.TEAM else None


def _written(view: SavedView, before: dict[str, object], by: Member) -> SavedView:
    view.full_clean()
    changes = changed_values(view, before)
    if changes:
        view.save(update_fields=list(changes))
        audit_record(by=by, action="savedview.change", record=view, changes=changes)
    return view


def _known(page: str) -> str:
    if page not in PAGES:
        raise DomainError(_("This list has no saved views."))
    return page


def _kept(query: str) -> str:
    kept = kept_query(QueryDict(query))
    if len(kept) > LONGEST_QUERY:
        raise DomainError(_("These filters are too long to be kept: shorten some of them."))
    return kept


def _keys(columns: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(key for key in columns if key))[:MOST_COLUMNS]
