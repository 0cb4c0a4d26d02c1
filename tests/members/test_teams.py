"""The tree of teams: what may be done, what is refused with which words, and that paths hold."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import AuditEntry, Organisation
from apps.members.models import (
    AccessRole,
    Invitation,
    Member,
    Membership,
    Position,
    PositionHolding,
    Team,
    TeamKind,
    TeamStage,
)
from apps.members.selectors import manager_of
from apps.members.services import membership_start
from apps.members.teams.belonging import (
    EndsTooEarly,
    StillPrimary,
    membership_end,
    team_member_add,
)
from apps.members.teams.tree import (
    Cycle,
    TeamClosed,
    TeamInUse,
    UnfitLead,
    team_change,
    team_close,
    team_create,
    team_edit,
    team_lead_set,
    team_move,
    team_reopen,
    team_stage_clear,
    team_stage_set,
)
from tests.factories import LONG_AGO, make_member, make_team
from tests.query_counts import queries_of

DAY = timedelta(days=1)
db = pytest.mark.django_db


def today() -> date:
    return Organisation.current().today()


@contextmanager
def nothing_changes() -> Iterator[None]:
    """No team, membership or audit entry is written in this block."""

    def state() -> object:
        return (
            list(Team.objects.order_by("pk").values()),
            list(Membership.objects.order_by("pk").values()),
            AuditEntry.objects.count(),
        )

    before = state()
    yield
    assert state() == before


def chain_of(team: Team) -> list[int]:
    """The path as the parents say it."""
    chain = [team.pk]
    while team.parent is not None:
        team = team.parent
        chain.insert(0, team.pk)
    return chain


# Moving


@db
def test_a_moved_team_takes_its_subtree_along() -> None:
    top, other = make_team(name="Top"), make_team(name="Other")
    moved = make_team(parent=top)
    leaf = make_team(parent=make_team(parent=moved))

    team_move(team=moved, to=other, by=None)

    leaf.refresh_from_db()
    assert leaf.path == [other.pk, moved.pk, leaf.parent_id, leaf.pk]
    assert Team.objects.get(pk=moved.pk).parent == other
    assert all(team.path == chain_of(team) for team in Team.objects.all())
    entry = AuditEntry.objects.get(action="team.move")
    assert entry.changes == {"parent": [[top.pk, "Top"], [other.pk, "Other"]]}


@db
def test_a_team_can_go_to_the_top_of_the_tree() -> None:
    moved = make_team(parent=make_team())

    assert team_move(team=moved, to=None, by=None).path == [moved.pk]
    assert AuditEntry.objects.filter(action="team.move_top", object_id=moved.pk).exists()


@db
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_team_cant_be_moved_below_itself(depth: int) -> None:
    moved = make_team(parent=make_team())
    place = moved
    for _step in range(depth):
        place = make_team(parent=place)

    with nothing_changes(), pytest.raises(Cycle, match="can't be moved below itself"):
        team_move(team=moved, to=place, by=None)


@db
def test_a_move_to_where_it_stands_a_closed_place_and_of_a_closed_team_are_refused() -> None:
    top = make_team()
    team, closed = make_team(parent=top), make_team(name="Old")
    team_close(team=closed, by=None)

    with nothing_changes():
        with pytest.raises(DomainError, match="stands there already"):
            team_move(team=team, to=top, by=None)
        with pytest.raises(TeamClosed, match="“Old” is closed"):
            team_move(team=team, to=closed, by=None)
        with pytest.raises(TeamClosed):
            team_move(team=closed, to=top, by=None)


@db
def test_after_a_move_the_rates_of_the_night_count_as_behind() -> None:
    team = make_team(parent=make_team())

    team_move(team=team, to=None, by=None)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_dirtyday WHERE source = 'rates'")
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_cant_close_a_circle() -> None:
    """Two connections: the second waits for the first, then sees what it did."""
    one, other = make_team(name="One"), make_team(name="Other")
    refusals: list[Exception] = []

    def second() -> None:
        try:
            team_move(team=other, to=one, by=None)
        except Cycle as error:
            refusals.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        team_move(team=one, to=other, by=None)
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive(), "the second move waits for the first"
    thread.join(timeout=20)

    assert len(refusals) == 1
    assert Team.objects.get(pk=one.pk).path == [other.pk, one.pk]
    assert Team.objects.get(pk=other.pk).path == [other.pk]


@pytest.mark.django_db(transaction=True)
def test_a_team_formed_below_a_moving_one_gets_the_new_path() -> None:
    top, moved = make_team(), make_team()
    made: list[Team] = []

    def create() -> None:
        made.append(team_create(name="Late", parent=moved, by=None))
        connection.close()

    thread = threading.Thread(target=create)
    with transaction.atomic():
        team_move(team=moved, to=top, by=None)
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive(), "the new team waits for the move"
    thread.join(timeout=20)

    assert made[0].path == [top.pk, moved.pk, made[0].pk]


class PathsHold(TestCase):
    """Random moves: some are refused, and after each one every path is the chain of parents."""

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(st.integers(-1, 6), min_size=7, max_size=7),
        st.lists(st.tuples(st.integers(0, 6), st.integers(-1, 6)), max_size=8),
    )
    def test_paths_equal_the_chains_of_parents(
        self, parents: list[int], moves: list[tuple[int, int]]
    ) -> None:
        teams: list[Team] = []
        for place, parent in enumerate(parents):
            teams.append(make_team(parent=teams[parent] if 0 <= parent < place else None))
        for moved, to in moves:
            goal = teams[to] if to >= 0 else None
            is_below = goal is not None and teams[moved].pk in goal.path
            stands_there = teams[moved].parent == goal
            try:
                team_move(team=teams[moved], to=goal, by=None)
            except Cycle:
                assert is_below
            except DomainError:
                assert stands_there
            else:
                assert not is_below
                assert not stands_there
            teams = [Team.objects.get(pk=team.pk) for team in teams]
            for team in teams:
                assert team.path == chain_of(team)


# Fields, lead, stage, end


@db
@pytest.mark.parametrize(
    ("name", "starts"),
    [
        ("Inside sales East", "inside-sales-east"),
        ("华东销售部", "hua-dong-xiao-shou-bu"),
        ("大客户 Key", "da-ke-hu-key"),
        ("★", "team-"),
        ("new", "new-"),
    ],
)
def test_the_address_follows_from_the_name(name: str, starts: str) -> None:
    team = team_create(name=name, by=None)

    assert team.slug.startswith(starts)
    assert (team.slug == starts) is not starts.endswith("-")


@db
def test_two_teams_of_one_name_have_two_addresses() -> None:
    one, other = team_create(name="East", by=None), team_create(name="East", by=None)

    assert (one.slug, other.slug) == ("east", f"east-{other.pk}")


@db
def test_a_change_is_audited_with_before_and_after_and_nothing_is_written_without_one() -> None:
    team = make_team(name="East")
    admin = make_member(AccessRole.ADMIN)

    team_change(team=team, name="North", kind="product", formed_on=date(2026, 1, 5), by=admin)
    entry = AuditEntry.objects.get(action="team.change")

    assert entry.changes["name"] == ["East", "North"]
    assert entry.changes["kind"] == ["region", "product"]
    assert entry.changes["formed_on"][1] == "2026-01-05"
    with nothing_changes():
        team_change(team=team, name="North", kind="product", formed_on=date(2026, 1, 5), by=admin)


@db
def test_a_first_day_in_the_future_is_refused() -> None:
    team = make_team()

    with nothing_changes():
        with pytest.raises(DomainError, match="can't lie in the future"):
            team_change(team=team, name="X", kind="region", formed_on=today() + DAY, by=None)
        with pytest.raises(DomainError, match="can't lie in the future"):
            team_create(name="Y", formed_on=today() + DAY, by=None)


@db
@pytest.mark.parametrize("role", [AccessRole.REP, AccessRole.ANALYST, AccessRole.HR])
def test_who_could_not_see_the_team_cant_lead_it(role: AccessRole) -> None:
    team, person = make_team(), make_member(role, name="Mia")

    with nothing_changes(), pytest.raises(UnfitLead, match=r"Mia has the access role .* Manager"):
        team_lead_set(team=team, lead=person, by=None)


@db
def test_who_has_left_cant_lead_but_a_lead_who_stays_is_no_change() -> None:
    lead = make_member(AccessRole.MANAGER)
    team = make_team(lead=lead)
    Member.objects.filter(pk=lead.pk).update(is_active=False)
    gone = Member.objects.get(pk=lead.pk)

    with nothing_changes():
        with pytest.raises(UnfitLead, match="is not active"):
            team_create(name="Z", lead=gone, by=None)
        team_edit(
            team=team, name=team.name, kind="region", formed_on=team.formed_on, lead=gone, by=None
        )


@db
def test_the_stage_by_hand_needs_a_reason_and_can_be_taken_back() -> None:
    manager = make_member(AccessRole.MANAGER)
    team = make_team(lead=manager)

    with nothing_changes(), pytest.raises(DomainError, match="Say why"):
        team_stage_set(team=team, stage=TeamStage.STORMING, reason="  ", by=manager)
    team_stage_set(team=team, stage=TeamStage.STORMING, reason="two groups merged", by=manager)
    team.refresh_from_db()
    assert (team.stage, team.stage_reason, team.stage_set_by) == (
        "storming",
        "two groups merged",
        manager,
    )
    assert team.stage_set_on == today()
    team_stage_clear(team=team, by=manager)
    team.refresh_from_db()
    assert (team.stage, team.stage_reason, team.stage_set_on, team.stage_set_by) == (
        "",
        "",
        None,
        None,
    )
    with nothing_changes(), pytest.raises(DomainError, match="follows from the team's age"):
        team_stage_clear(team=team, by=manager)


@db
def test_a_team_in_use_is_not_closed_and_says_everything_that_keeps_it_open() -> None:
    team = make_team(name="East")
    make_member(team=team)
    make_member(team=team)
    make_team(parent=team)
    Invitation.objects.create(
        email="a@example.com",
        name="A",
        team=team,
        digest="x",
        expires_at="2030-01-01T00:00Z",
    )

    with nothing_changes(), pytest.raises(TeamInUse) as refusal:
        team_close(team=team, by=None)

    words = str(refusal.value)
    assert "“East” can't be closed yet." in words
    assert "2 memberships go on" in words
    assert "1 team below it is open" in words
    assert "1 invitation to it is open" in words


@db
def test_a_closed_team_keeps_its_past_takes_nothing_in_and_can_be_opened_again() -> None:
    team, member = make_team(), make_member()
    past = Membership.objects.create(
        member=member, team=team, starts_on=LONG_AGO, ends_on=today() - DAY
    )

    team_close(team=team, by=None)
    team.refresh_from_db()

    assert team.closed_on == today()
    assert Membership.objects.get(team=team) == past
    with nothing_changes():
        with pytest.raises(TeamClosed):
            team_create(name="Below", parent=team, by=None)
        with pytest.raises(TeamClosed):
            team_close(team=team, by=None)
        with pytest.raises(TeamClosed):
            team_change(team=team, name="X", kind="region", formed_on=None, by=None)
        with pytest.raises(DomainError, match="takes nobody in"):
            team_member_add(
                team=team,
                member=member,
                starts_on=today(),
                ends_on=None,
                by=None,
            )
    team_reopen(team=team, by=None)
    team.refresh_from_db()
    assert team.closed_on is None


@db
def test_a_team_below_a_closed_one_is_not_opened_alone() -> None:
    above = make_team()
    below = make_team(parent=above)
    team_close(team=below, by=None)
    team_close(team=above, by=None)

    with nothing_changes(), pytest.raises(TeamClosed):
        team_reopen(team=below, by=None)


# Who may


@db
def test_a_lead_decides_below_their_team_and_about_its_own_fields_only() -> None:
    manager = make_member(AccessRole.MANAGER)
    top = make_team()
    own = make_team(parent=top, lead=manager)
    below, beside = make_team(parent=own), make_team(parent=top)

    team_change(team=own, name="Mine", kind="region", formed_on=None, by=manager)
    team_lead_set(team=below, lead=manager, by=manager)
    new = team_create(name="New", parent=below, by=manager)
    team_move(team=new, to=own, by=manager)
    with nothing_changes():
        with pytest.raises(NotPermitted):
            team_lead_set(team=own, lead=None, by=manager)
        with pytest.raises(NotPermitted):
            team_move(team=own, to=beside, by=manager)
        with pytest.raises(NotPermitted):
            team_move(team=new, to=beside, by=manager)
        with pytest.raises(NotPermitted):
            team_move(team=new, to=None, by=manager)
        with pytest.raises(NotPermitted):
            team_change(team=beside, name="X", kind="region", formed_on=None, by=manager)
        with pytest.raises(NotPermitted):
            team_create(name="Root", by=manager)


@db
def test_nobody_is_their_own_manager() -> None:
    director = make_member(AccessRole.DIRECTOR)
    manager = make_member(AccessRole.MANAGER)
    top = make_team(lead=director)
    middle = make_team(parent=top)
    group = make_team(parent=middle, lead=manager)
    rep = make_member(team=group)
    for person, team in ((manager, group), (director, top)):
        membership_start(member=person, team=team, starts_on=LONG_AGO, by=None)
    alone = make_member()

    assert manager_of(rep, today()) == manager
    assert manager_of(manager, today()) == director
    assert manager_of(director, today()) is None
    assert manager_of(alone, today()) is None
    Member.objects.filter(pk=manager.pk).update(is_active=False)
    assert manager_of(rep, today()) == director


# Memberships beside the primary one


@db
def test_somebody_belongs_to_a_second_team_without_leaving_the_first() -> None:
    home, matrix = make_team(), make_team()
    member = make_member(team=home)

    added = team_member_add(
        team=matrix, member=member, starts_on=today(), ends_on=today() + 30 * DAY, by=None
    )

    assert (added.is_primary, added.ends_on) == (False, today() + 30 * DAY)
    primary = Membership.objects.get(member=member, is_primary=True)
    assert (primary.team, primary.ends_on) == (home, None)


@db
def test_refusals_of_a_second_membership() -> None:
    home, matrix = make_team(), make_team(name="Key accounts")
    member, teamless = make_member(team=home, name="Mia"), make_member(name="Jonas")
    gone = make_member(team=home, name="Lars")
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    gone.refresh_from_db()
    days: dict[str, Any] = {"starts_on": today(), "ends_on": None, "by": None}
    team_member_add(team=matrix, member=member, **days)

    with nothing_changes():
        with pytest.raises(DomainError, match="Mia belongs to “Key accounts” on some"):
            team_member_add(team=matrix, member=member, **days)
        with pytest.raises(DomainError, match="Mia belongs to"):
            team_member_add(team=home, member=member, **days)
        with pytest.raises(DomainError, match="Jonas has no primary team"):
            team_member_add(team=matrix, member=teamless, **days)
        with pytest.raises(DomainError, match="Lars is not active"):
            team_member_add(team=matrix, member=gone, **days)
        with pytest.raises(EndsTooEarly, match="before the first"):
            team_member_add(
                team=matrix, member=teamless, starts_on=today(), ends_on=today(), by=None
            )


@db
def test_the_primary_membership_does_not_end_and_the_past_is_not_cut() -> None:
    home, matrix = make_team(name="Home"), make_team()
    member = make_member(team=home, name="Mia")
    second = team_member_add(
        team=matrix, member=member, starts_on=today() - 30 * DAY, ends_on=None, by=None
    )
    primary = Membership.objects.get(member=member, is_primary=True)

    with nothing_changes():
        with pytest.raises(StillPrimary, match="“Home” is the primary team of Mia"):
            membership_end(membership=primary, ends_on=today(), by=None)
        with pytest.raises(EndsTooEarly, match="today at the earliest"):
            membership_end(membership=second, ends_on=today() - DAY, by=None)
    membership_end(membership=second, ends_on=today() + DAY, by=None)
    second.refresh_from_db()
    assert second.ends_on == today() + DAY


@db
def test_a_membership_that_has_not_begun_is_taken_back() -> None:
    home, matrix = make_team(), make_team()
    planned = team_member_add(
        team=matrix,
        member=make_member(team=home),
        starts_on=today() + 10 * DAY,
        ends_on=None,
        by=None,
    )

    membership_end(membership=planned, ends_on=today(), by=None)

    assert not Membership.objects.filter(pk=planned.pk).exists()
    assert AuditEntry.objects.filter(action="membership.withdraw").count() == 1


@db
def test_overlapping_primary_teams_are_refused_in_words() -> None:
    one, other = make_team(), make_team()
    membership = Membership(member=make_member(team=one), team=other, starts_on=today())

    with pytest.raises(ValidationError, match="has a primary team on some of these days already"):
        membership.full_clean()


# Pages


def see(role: AccessRole, client: Client, **fields: object) -> Member:
    member = make_member(role, **fields)  # type: ignore[arg-type]
    client.force_login(member)
    return member


@db
def test_the_tree_counts_each_member_once_and_folds_closed_teams_away(client: Client) -> None:
    see(AccessRole.ADMIN, client)
    top = make_team(name="Company")
    east, matrix = make_team(parent=top, name="East"), make_team(parent=top, name="Key accounts")
    closed = make_team(parent=top, name="Old team")
    team_close(team=closed, by=None)
    both = make_member(team=east)
    make_member(team=east)
    team_member_add(team=matrix, member=both, starts_on=today(), ends_on=None, by=None)
    gone = make_member(team=east)
    Member.objects.filter(pk=gone.pk).update(is_active=False)

    tree = client.get(reverse("teams")).context["tree"]

    found = {row.team.name: (row.depth, row.count.direct, row.count.total) for row in tree.rows}
    assert found == {"Company": (0, 0, 2), "East": (1, 2, 2), "Key accounts": (1, 1, 1)}
    assert [row.team.name for row in tree.rows] == ["Company", "East", "Key accounts"]
    assert [team.name for team in tree.closed] == ["Old team"]


@db
def test_a_manager_sees_their_own_subtree_from_its_top(client: Client) -> None:
    manager = see(AccessRole.MANAGER, client)
    top = make_team(name="Company")
    own = make_team(parent=top, lead=manager, name="Mine")
    make_team(parent=own, name="Below")
    beside = make_team(parent=top, name="Beside")

    response = client.get(reverse("teams"))

    rows = response.context["tree"].rows
    assert [(row.team.name, row.depth, row.may_place) for row in rows] == [
        ("Mine", 0, False),
        ("Below", 1, True),
    ]
    assert "Company" not in response.content.decode()
    assert client.get(reverse("team", args=[beside.slug])).status_code == 404
    assert client.get(reverse("team", args=[top.slug])).status_code == 404
    assert client.get(reverse("team_move", args=[own.slug])).status_code == 403


@db
@pytest.mark.parametrize("role", [AccessRole.REP, AccessRole.ANALYST])
def test_teams_do_not_exist_for_those_without_people(client: Client, role: AccessRole) -> None:
    team = make_team()
    see(role, client, team=team)

    names = ("team", "team_edit", "team_move", "team_close", "team_stage", "team_member_add")
    assert client.get(reverse("teams")).status_code == 404
    assert client.get(reverse("team_new")).status_code == 404
    for name in names:
        assert client.get(reverse(name, args=[team.slug])).status_code == 404, name


@db
def test_a_manager_without_a_team_is_told_what_to_do(client: Client) -> None:
    see(AccessRole.MANAGER, client)

    html = client.get(reverse("teams")).content.decode()

    assert "You lead no team." in html
    assert reverse("team_new") not in html


@db
def test_a_team_is_formed_and_edited_by_its_pages(client: Client) -> None:
    see(AccessRole.ADMIN, client)
    lead = make_member(AccessRole.MANAGER)
    top = make_team()

    given = {"name": "华东", "parent": top.slug, "kind": "region", "lead": str(lead.pk)}
    response = client.post(reverse("team_new"), {**given, "formed_on": "2026-01-05"})
    team = Team.objects.get(name="华东")

    assert response.status_code == 302
    assert (team.parent, team.lead, team.formed_on) == (top, lead, date(2026, 1, 5))
    edited = {"name": "East", "kind": "matrix", "lead": "", "formed_on": ""}
    client.post(reverse("team_edit", args=[team.slug]), edited)
    team.refresh_from_db()
    assert (team.name, team.kind, team.lead, team.formed_on) == (
        "East",
        TeamKind.MATRIX,
        None,
        None,
    )


@db
def test_a_manager_edits_their_own_team_but_not_who_leads_it(client: Client) -> None:
    manager = see(AccessRole.MANAGER, client)
    team = make_team(parent=make_team(), lead=manager)

    html = client.get(reverse("team_edit", args=[team.slug])).content.decode()
    client.post(
        reverse("team_edit", args=[team.slug]),
        {"name": "Renamed", "kind": "region", "lead": "", "formed_on": ""},
    )

    team.refresh_from_db()
    assert "is decided by whoever leads the team above" in html
    assert (team.name, team.lead) == ("Renamed", manager)


@db
def test_the_move_form_says_why_a_place_is_refused_and_changes_nothing(client: Client) -> None:
    see(AccessRole.ADMIN, client)
    team = make_team()
    below = make_team(parent=team, name="Below")

    with nothing_changes():
        response = client.post(reverse("team_move", args=[team.slug]), {"to": below.slug})

    html = response.content.decode()
    assert response.status_code == 422
    assert "can&#x27;t be moved below itself" in html
    assert f'value="{below.slug}"' not in html


@db
def test_the_move_form_and_the_drag_send_the_same_field(client: Client) -> None:
    see(AccessRole.ADMIN, client)
    top, team = make_team(name="Top"), make_team(name="East")

    response = client.post(reverse("team_move", args=[team.slug]), {"to": top.slug}, follow=True)

    team.refresh_from_db()
    assert team.parent == top
    assert "“East” stands below “Top” now." in response.content.decode()


@db
def test_refused_pages_answer_422_with_the_reason(client: Client) -> None:
    see(AccessRole.ADMIN, client)
    team = make_team(name="East")
    member = make_member(team=team, name="Mia")
    rep = make_member(name="Jonas")

    edit = client.post(
        reverse("team_edit", args=[team.slug]),
        {"name": "East", "kind": "region", "lead": str(rep.pk), "formed_on": ""},
    )
    again = client.post(
        reverse("team_member_add", args=[team.slug]),
        {"member": str(member.pk), "starts_on": today().isoformat(), "last_on": ""},
    )
    backwards = client.post(
        reverse("team_member_add", args=[team.slug]),
        {"member": str(member.pk), "starts_on": "2026-03-02", "last_on": "2026-03-01"},
    )
    stage = client.post(reverse("team_stage", args=[team.slug]), {"stage": "x", "reason": ""})
    close = client.post(reverse("team_close", args=[team.slug]))

    assert edit.status_code == 422
    assert "There is no such choice." in edit.content.decode()
    assert again.status_code == 422
    assert "Mia belongs to “East”" in again.content.decode()
    assert backwards.status_code == 422
    assert "The last day lies before the first one" in backwards.content.decode()
    assert stage.status_code == 422
    assert close.status_code == 422
    assert "1 membership goes on" in close.content.decode()


@db
def test_the_page_names_the_stages_that_nobody_covers(client: Client) -> None:
    see(AccessRole.ADMIN, client)
    top = make_team()
    below = make_team(parent=top)
    hunter = make_member(team=below, name="Mia Petersen")
    covers = Position.objects.create(
        code="all-but-one",
        names={"en": "Generalist"},
        stages=["attract", "convert", "maintain", "deepen"],
    )
    PositionHolding.objects.create(member=hunter, position=covers, starts_on=LONG_AGO)

    html = client.get(reverse("team", args=[top.slug])).content.decode()

    assert "Nobody in this team covers: Win back." in html
    assert "Mia Petersen" in html


@db
def test_former_members_and_hidden_teams_on_the_page(client: Client) -> None:
    manager = see(AccessRole.MANAGER, client)
    team, elsewhere = make_team(lead=manager, name="Mine"), make_team(name="Hidden team")
    left = make_member(name="Lars Nielsen")
    Membership.objects.create(
        member=left, team=team, starts_on=date(2025, 1, 1), ends_on=date(2025, 7, 1)
    )
    shared = make_member(team=elsewhere, name="Mia Petersen")
    team_member_add(team=team, member=shared, starts_on=today(), ends_on=None, by=None)

    now = client.get(reverse("team", args=[team.slug])).content.decode()
    former = client.get(reverse("team", args=[team.slug]), {"former": "1"}).content.decode()

    assert "Lars Nielsen" not in now
    assert "Lars Nielsen" in former
    assert "1 Jan 2025 until 1 Jul 2025" in former
    assert "Mia Petersen" in now
    assert "Hidden team" not in now


@db
def test_a_stage_is_set_and_taken_back_on_its_page(client: Client) -> None:
    manager = see(AccessRole.MANAGER, client, name="Camille")
    team = make_team(lead=manager)

    client.post(
        reverse("team_stage", args=[team.slug]), {"stage": "norming", "reason": "calm again"}
    )
    html = client.get(reverse("team", args=[team.slug])).content.decode()
    assert "by Camille: calm again" in html
    assert "By its age it would be: Forming." in html

    client.post(reverse("team_stage", args=[team.slug]), {"automatic": "1"})
    html = client.get(reverse("team", args=[team.slug])).content.decode()
    assert "By its age: 0 months." in html


@db
def test_a_second_membership_ends_on_its_page_and_the_primary_one_does_not(
    client: Client,
) -> None:
    see(AccessRole.ADMIN, client)
    home, matrix = make_team(), make_team()
    member = make_member(team=home)
    second = team_member_add(
        team=matrix, member=member, starts_on=today() - DAY, ends_on=None, by=None
    )
    primary = Membership.objects.get(member=member, is_primary=True)

    done = client.post(
        reverse("membership_end", args=[second.pk]), {"last_on": today().isoformat()}
    )
    refused = client.post(
        reverse("membership_end", args=[primary.pk]), {"last_on": today().isoformat()}
    )

    second.refresh_from_db()
    assert (done.status_code, second.ends_on) == (302, today() + DAY)
    assert refused.status_code == 422
    assert "move them to another team instead" in refused.content.decode()


def fill(top: Team, teams: int) -> None:
    for _number in range(teams):
        team = make_team(parent=top)
        make_member(team=team)
        make_member(team=top)


@db
@pytest.mark.parametrize("name", ["teams", "team"])
def test_more_teams_and_members_cost_no_more_queries(client: Client, name: str) -> None:
    see(AccessRole.ADMIN, client)
    top = make_team()
    arguments = [top.slug] if name == "team" else []
    fill(top, 2)
    client.get(reverse(name, args=arguments))  # what a session does once
    few = len(queries_of(client, reverse(name, args=arguments)))
    fill(top, 18)

    assert len(queries_of(client, reverse(name, args=arguments))) == few
