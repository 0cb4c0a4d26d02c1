"""What a reader sees above a list: its saved views, which one is open, and what changed in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from apps.core.filtering import VIEW
from apps.core.lists import COLUMNS, CURSOR
from apps.core.models import Organisation
from apps.members.models import ListSetting, Member, Membership, SavedView, Sharing, Team
from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind

# In an address: the list itself, for a reader whom a saved view would greet otherwise.
NO_VIEW = "all"
# What the bar says of a view.
SHOWN = ("page", "name", "owner", "sharing", "query", "columns", "team__name")


@dataclass(frozen=True)
class Tab:
    """A saved view as the bar shows it; `shared` says with whom, where it is somebody else's."""

    pk: int
    name: str
    address: str
    is_current: bool
    is_default: bool
    shared: str


@dataclass(frozen=True)
class ViewBar:
    """The bar above a list: saved views, and what the address differs in from the open one."""

    page: str
    tabs: list[Tab]
    current: SavedView | None
    # The person may change the open view, and has something in the address that is not in it.
    may_change: bool
    is_changed: bool
    default: int | None
    all_address: str
    # What the address asks for besides the page: what a view keeps.
    query: str
    columns: list[str]

    @property
    def is_default(self) -> bool:
        return self.current is not None and self.current.pk == self.default


def setting_of(member: Member, page: str) -> ListSetting:
    """How the member looks at the list; what was never said is the list's own choice."""
    found = ListSetting.objects.filter(member=member, page=page).first()
    return found or ListSetting(member=member, page=page)


def columns_of(asked: QueryDict, setting: ListSetting) -> list[str]:
    """Keys of the columns: as the address says, else as the member has chosen; empty: the usual."""
    told = asked.get(COLUMNS, "")
    return [key for key in told.split(",") if key] or list(setting.columns)


def views_of(member: Member, page: str) -> list[SavedView]:
    """The saved views that the person may open, their own first."""
    of_page = SavedView.objects.filter(page=page).select_related("team").only(*SHOWN)
    plain = of_page.filter(Q(owner=member) | ~Q(sharing=Sharing.OWN))
    rows = list(plain)
    # Whose teams' views one sees takes longer to ask than all the rest: only where there are any.
    if any(one.sharing == Sharing.TEAM and one.owner_id != member.pk for one in rows):
        rows = list(of_page & SavedView.objects.visible_to(member))
    return sorted(rows, key=lambda one: (one.owner_id != member.pk, one.name.casefold()))


def view_bar(*, member: Member, page: str, asked: QueryDict, setting: ListSetting) -> ViewBar:
    """The bar for what the address asks."""
    views = views_of(member, page)
    current = next((one for one in views if str(one.pk) == asked.get(VIEW)), None)
    default = setting.default_view_id if setting.default_view_id in {v.pk for v in views} else None
    query, columns = kept_query(asked), columns_of(asked, setting)
    stays = [v for v in (asked.get(COLUMNS, ""),) if v]
    return ViewBar(
        page=page,
        tabs=[_tab(one, member, current, default) for one in views],
        current=current,
        may_change=current is not None and may_change(current, member),
        is_changed=current is not None
        and (query != current.query or (bool(stays) and columns != list(current.columns))),
        default=default,
        all_address=f"{reverse(page)}?{VIEW}={NO_VIEW}" if default else reverse(page),
        query=query,
        columns=columns,
    )


def view_address(view: SavedView) -> str:
    """The list with the view's filters, order and columns."""
    asked = QueryDict(view.query, mutable=True)
    if view.columns:
        asked[COLUMNS] = ",".join(view.columns)
    asked[VIEW] = str(view.pk)
    return f"{reverse(view.page)}?{asked.urlencode()}"


def first_address(member: Member, page: str, setting: ListSetting) -> str:
    """Where a bare look at the list leads: to the member's first view; empty where there is none."""
    if setting.default_view_id is None:
        return ""
    seen = SavedView.objects.visible_to(member).filter(pk=setting.default_view_id, page=page)
    found = seen.first()
    return view_address(found) if found else ""


def kept_query(asked: QueryDict) -> str:
    """What a view keeps of an address: filters and order, in an order of their own."""
    told = {
        name: str(value)
        for name, value in asked.items()
        if value and name not in {VIEW, COLUMNS, CURSOR}
    }
    return urlencode(sorted(told.items()))


def may_change(view: SavedView, member: Member) -> bool:
    """Whether the person may change and delete the view."""
    return view.owner_id == member.pk or (
        view.sharing != Sharing.OWN and writes(member, RecordKind.SETTINGS) is Reach.ALL
    )


def teams_to_share_with(member: Member) -> list[Team]:
    """Teams that the person belongs to or leads: to whom they may show a view."""
    running = Membership.objects.running_on(Organisation.current().today()).filter(member=member)
    ids = set(running.values_list("team", flat=True))
    led = set(Team.objects.led_by(member).values_list("pk", flat=True))
    return list(Team.objects.filter(pk__in=ids | led, closed_on=None).order_by("name", "pk"))


def sharings_of(member: Member, teams: Sequence[Team]) -> list[Sharing]:
    """With whom the person may share; with everyone, who writes figures of the whole firm."""
    found = [Sharing.OWN, *([Sharing.TEAM] if teams else [])]
    if writes(member, RecordKind.FIGURES) is Reach.ALL:
        found.append(Sharing.EVERYONE)
    return found


def _tab(view: SavedView, member: Member, current: SavedView | None, default: int | None) -> Tab:
    is_own = view.owner_id == member.pk
    shared = "" if is_own and view.sharing == Sharing.OWN else str(view.get_sharing_display())
    if view.sharing == Sharing.TEAM and view.team is not None:
        shared = view.team.name
    return Tab(
        pk=view.pk,
        name=view.name,
        address=view_address(view),
        is_current=current is not None and current.pk == view.pk,
        is_default=view.pk == default,
        shared=shared,
    )
