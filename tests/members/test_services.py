"""People, teams and memberships: refusals change nothing, and the database holds the rules."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction

from apps.core.errors import DomainError
from apps.core.models import AuditEntry
from apps.members.models import AccessRole, Member, Membership, Team
from apps.members.selectors import primary_team_on
from apps.members.services import member_create, membership_start
from apps.members.teams.tree import team_create
from tests.factories import make_member, make_team

pytestmark = pytest.mark.django_db

JAN, FEB, MAR = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


def test_two_primary_memberships_at_a_time_are_refused_by_the_database() -> None:
    member, one, other = make_member(), make_team(), make_team()
    Membership.objects.create(member=member, team=one, starts_on=JAN, ends_on=MAR)

    with (
        pytest.raises(IntegrityError, match="membership_one_primary_at_a_time"),
        transaction.atomic(),
    ):
        Membership.objects.create(member=member, team=other, starts_on=FEB)

    assert Membership.objects.count() == 1


def test_memberships_may_meet_on_a_day_and_a_second_one_is_free() -> None:
    member, one, other = make_member(), make_team(), make_team()

    Membership.objects.create(member=member, team=one, starts_on=JAN, ends_on=FEB)
    Membership.objects.create(member=member, team=other, starts_on=FEB)
    Membership.objects.create(member=member, team=one, starts_on=FEB, is_primary=False)

    assert primary_team_on(member, date(2026, 1, 31)) == one
    assert primary_team_on(member, FEB) == other
    assert primary_team_on(member, date(2025, 12, 31)) is None


@pytest.mark.parametrize("ends_on", [JAN, date(2025, 12, 31)])
def test_a_membership_lasts_a_day_at_least(ends_on: date) -> None:
    # A range that ends before it starts can't even be made; an empty one breaks the constraint.
    member, team = make_member(), make_team()
    refused = pytest.raises(DatabaseError, match=r"membership_ends_after_start|range lower bound")
    with refused, transaction.atomic():
        Membership.objects.create(member=member, team=team, starts_on=JAN, ends_on=ends_on)

    assert Membership.objects.count() == 0


def test_a_new_primary_team_ends_the_old_one_that_day() -> None:
    member, one, other = make_member(), make_team(), make_team()
    old = membership_start(member=member, team=one, starts_on=JAN, by=None)

    membership_start(member=member, team=other, starts_on=MAR, by=member)

    old.refresh_from_db()
    assert old.ends_on == MAR
    assert AuditEntry.objects.filter(action="membership.start", by=member).count() == 1


def test_a_second_team_from_the_same_day_is_refused_and_changes_nothing() -> None:
    member, one, other = make_member(), make_team(), make_team()
    membership_start(member=member, team=one, starts_on=MAR, by=None)

    with pytest.raises(DomainError, match="has a team from that day on already"):
        membership_start(member=member, team=other, starts_on=FEB, by=None)

    assert list(Membership.objects.values_list("team", "starts_on", "ends_on")) == [
        (one.pk, MAR, None)
    ]


def test_an_email_belongs_to_one_member_whatever_its_case() -> None:
    make_member(email="ada@example.com")

    with pytest.raises(ValidationError, match="is a member already"):
        member_create(email=" ADA@example.com", name="Ada", access_role=AccessRole.REP, by=None)
    with pytest.raises(IntegrityError, match="member_email_unique"), transaction.atomic():
        Member.objects.create(email="Ada@Example.com", name="Ada")

    assert Member.objects.count() == 1


def test_a_member_without_a_password_can_not_sign_in() -> None:
    member = member_create(email="a@example.com", name="A", access_role=AccessRole.REP, by=None)

    assert not member.has_usable_password()
    assert not member.check_password("")


def test_a_team_knows_the_way_from_the_root() -> None:
    root = make_team()
    middle = make_team(parent=root)
    leaf = team_create(name="Leaf", slug="leaf", by=None, parent=middle)

    assert leaf.path == [root.pk, middle.pk, leaf.pk]
    assert set(Team.objects.subtree_of(root)) == {root, middle, leaf}
    assert set(Team.objects.subtree_of(middle)) == {middle, leaf}


def test_a_team_is_never_its_own_parent() -> None:
    team = make_team()

    with pytest.raises(IntegrityError, match="team_not_own_parent"), transaction.atomic():
        Team.objects.filter(pk=team.pk).update(parent=team)


def test_a_lead_sees_who_belongs_to_the_subtree_now_not_who_did() -> None:
    lead = make_member(AccessRole.MANAGER)
    top = make_team(lead=lead)
    below, elsewhere = make_team(parent=top), make_team()
    stays, left = make_member(team=below), make_member(team=below)
    membership_start(member=left, team=elsewhere, starts_on=JAN, by=None)

    assert set(Member.objects.visible_to(lead)) == {lead, stays}


def test_a_manager_who_leads_nothing_sees_only_themselves() -> None:
    manager = make_member(AccessRole.MANAGER)
    make_member(team=make_team())

    assert list(Member.objects.visible_to(manager)) == [manager]
    assert list(Team.objects.visible_to(manager)) == []


@pytest.mark.parametrize(
    ("name", "initials"), [("Ada Park", "AP"), ("ada", "AD"), ("李浩然", "浩然"), ("", "")]
)
def test_initials(name: str, initials: str) -> None:
    assert Member(name=name).initials == initials
