"""Letting people in: one by one, from a file, once and in time."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import AuditEntry, MailState, Organisation, OutgoingMail
from apps.core.outbox import mails_work_off
from apps.members.invitations.batches import batch_confirm, batch_create
from apps.members.invitations.file import MOST_ROWS, FileRefused, file_checked
from apps.members.invitations.services import (
    AlreadyInvited,
    AlreadyMember,
    InvitationGone,
    InvitedMeanwhile,
    Invitee,
    digest_of,
    invitation_accept,
    invitation_create,
    invitation_renew,
    invitation_revoke,
    invitations_create,
)
from apps.members.models import (
    AccessRole,
    Invitation,
    InvitationBatch,
    InvitationState,
    Member,
    Membership,
    Position,
    PositionHolding,
    Team,
)
from tests.factories import make_member, make_team
from tests.query_counts import counted, queries_of

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "plough-lantern-42"
LINK = re.compile(r"http\S+/invitation/(\S+)/")


@pytest.fixture
def admin() -> Member:
    return make_member(AccessRole.ADMIN, name="Ada Admin", email="ada@example.com")


@pytest.fixture
def team() -> Team:
    return make_team(name="North")


def invitee(team: Team, email: str = "new@example.com", **fields: object) -> Invitee:
    given = {"name": "Nele New", "access_role": AccessRole.REP, **fields}
    return Invitee(email=email, team=team, **given)  # type: ignore[arg-type]


def mail_of(invitation: Invitation) -> OutgoingMail:
    invitation.refresh_from_db()
    assert invitation.mail is not None
    return invitation.mail


def token_of(invitation: Invitation) -> str:
    """The secret, as only the mail has it."""
    found = LINK.search(mail_of(invitation).text)
    assert found is not None
    return found[1]


def accept(invitation: Invitation, **fields: str) -> Member:
    given = {"name": "Nele New", "password": NEW_PASSWORD, "language": "en"}
    return invitation_accept(
        invitation=invitation, **{**given, "time_zone": "Europe/Berlin", **fields}
    )


def answers(**changes: str) -> dict[str, str]:
    return {
        "name": "Nele New",
        "password": NEW_PASSWORD,
        "again": NEW_PASSWORD,
        "language": "en",
        "time_zone": "Europe/Berlin",
    } | changes


# One invitation


def test_an_invitation_is_mailed_in_the_language_of_who_is_invited(
    admin: Member, team: Team
) -> None:
    invitation = invitation_create(invitee=invitee(team, language="zh-hans"), by=admin)

    mail = mail_of(invitation)
    assert (mail.to, mail.purpose, mail.language) == ("new@example.com", "invitation", "zh-hans")
    assert mail.is_secret
    assert "Nele New" in mail.text
    assert "North" in mail.html
    assert f"/invitation/{token_of(invitation)}/" in mail.html
    assert mail.headers == {"Reply-To": "ada@example.com"}


def test_the_secret_is_in_the_mail_alone(admin: Member, team: Team) -> None:
    invitation = invitation_create(invitee=invitee(team), by=admin)

    token = token_of(invitation)
    assert len(token) >= 43
    assert invitation.digest == digest_of(token)
    entry = AuditEntry.objects.get(action="invitation.create")
    assert token not in str([entry.changes, entry.details, entry.label, invitation.__dict__])


def test_what_is_not_said_is_as_in_the_organisation(admin: Member, team: Team) -> None:
    Organisation.objects.update(time_zone="Asia/Shanghai", language="zh-hant")

    invitation = invitation_create(invitee=invitee(team, email=" New@Example.com "), by=admin)

    assert (invitation.time_zone, invitation.language) == ("Asia/Shanghai", "zh-hant")
    assert invitation.email == "new@example.com"


@pytest.mark.parametrize(
    "role", [AccessRole.REP, AccessRole.MANAGER, AccessRole.DIRECTOR, AccessRole.HR]
)
def test_only_administrators_invite(team: Team, role: AccessRole) -> None:
    with pytest.raises(NotPermitted):
        invitation_create(invitee=invitee(team), by=make_member(role))

    assert not Invitation.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_a_member_is_not_invited(admin: Member, team: Team) -> None:
    member = make_member(email="mia@example.com", name="Mia")

    with pytest.raises(AlreadyMember, match="belongs to Mia, who is a member") as refusal:
        invitation_create(invitee=invitee(team, email="MIA@example.com"), by=admin)

    assert refusal.value.member == member
    assert not Invitation.objects.exists()


def test_somebody_who_left_is_let_in_again_instead(admin: Member, team: Team) -> None:
    member = make_member(email="mia@example.com", name="Mia")
    member.is_active = False
    member.save()

    with pytest.raises(AlreadyMember, match="who has left: let them in again"):
        invitation_create(invitee=invitee(team, email="mia@example.com"), by=admin)


def test_one_address_has_one_open_invitation(admin: Member, team: Team) -> None:
    first = invitation_create(invitee=invitee(team), by=admin)

    with pytest.raises(AlreadyInvited) as refusal:
        invitation_create(invitee=invitee(team, email="NEW@example.com"), by=admin)

    assert refusal.value.invitation == first
    assert Invitation.objects.count() == OutgoingMail.objects.count() == 1


def test_an_expired_invitation_still_has_the_address(admin: Member, team: Team) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=8), tick=False):
        invitation_create(invitee=invitee(team), by=admin)

    with pytest.raises(AlreadyInvited):
        invitation_create(invitee=invitee(team), by=admin)


def test_an_address_whose_invitation_was_taken_back_can_be_invited(
    admin: Member, team: Team
) -> None:
    first = invitation_create(invitee=invitee(team), by=admin)
    invitation_revoke(invitation=first, by=admin)

    second = invitation_create(invitee=invitee(team), by=admin)

    assert second.state is InvitationState.OPEN


def test_a_closed_team_takes_nobody_in(admin: Member, team: Team) -> None:
    team.closed_on = Organisation.current().today()
    team.save()

    with pytest.raises(DomainError, match="“North” is closed"):
        invitation_create(invitee=invitee(team), by=admin)

    assert not OutgoingMail.objects.exists()


# Accepting


def test_accepting_makes_the_member_as_invited(admin: Member, team: Team) -> None:
    position = Position.objects.create(code="closer", names={"en": "Closer"})
    invitation = invitation_create(
        invitee=invitee(
            team,
            access_role=AccessRole.MANAGER,
            career_level="lead",
            positions=(position,),
        ),
        by=admin,
    )

    member = accept(invitation, name="Nele Neu", language="zh-hans", time_zone="Asia/Shanghai")

    today = Organisation.current().today()
    assert (member.email, member.name) == ("new@example.com", "Nele Neu")
    assert (member.role, member.career_level) == (AccessRole.MANAGER, "lead")
    assert (member.language, member.time_zone) == ("zh-hans", "Asia/Shanghai")
    assert member.joined_on == today
    assert member.check_password(NEW_PASSWORD)
    membership = Membership.objects.get(member=member)
    assert (membership.team, membership.starts_on, membership.is_primary) == (team, today, True)
    assert PositionHolding.objects.get(member=member).position == position
    invitation.refresh_from_db()
    assert invitation.state is InvitationState.ACCEPTED
    assert invitation.member == member
    assert AuditEntry.objects.get(action="invitation.accept").by == member


def test_without_a_password_one_signs_in_elsewhere(admin: Member, team: Team) -> None:
    invitation = invitation_create(invitee=invitee(team), by=admin)

    member = invitation_accept(
        invitation=invitation, name="N", password=None, language="en", time_zone="UTC"
    )

    assert not member.has_usable_password()


@pytest.mark.parametrize("end", ["accepted", "revoked", "expired", "member"])
def test_an_invitation_that_is_over_makes_nobody_a_member(
    admin: Member, team: Team, end: str
) -> None:
    invitation = invitation_create(invitee=invitee(team), by=admin)
    if end == "accepted":
        accept(invitation)
    elif end == "revoked":
        invitation_revoke(invitation=invitation, by=admin)
    elif end == "member":
        make_member(email="new@example.com")
    before = Member.objects.count()
    later = timezone.now() + (timedelta(days=7) if end == "expired" else timedelta(0))

    with time_machine.travel(later, tick=False), pytest.raises(InvitationGone):
        accept(invitation)

    assert Member.objects.count() == before


def test_it_is_good_until_the_last_second_of_seven_days(admin: Member, team: Team) -> None:
    invitation = invitation_create(invitee=invitee(team), by=admin)

    with time_machine.travel(invitation.expires_at - timedelta(seconds=1), tick=False):
        assert accept(invitation).pk


def in_parallel(*works: Callable[[], object]) -> list[object]:
    """Results or refusals of works that begin at once, each with a connection of its own."""
    results: list[object] = [None] * len(works)
    start = Barrier(len(works))

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = works[number]()
        except DomainError as refusal:
            results[number] = refusal
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=[number]) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_wins() -> None:
    admin, team = make_member(AccessRole.ADMIN), make_team()
    invitation = invitation_create(invitee=invitee(team), by=admin)

    results = in_parallel(*[lambda: accept(invitation)] * 2)

    assert sorted(type(result).__name__ for result in results) == ["InvitationGone", "Member"]
    assert Member.objects.filter(email="new@example.com").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_invite_an_address_at_once_one_wins() -> None:
    admin, team = make_member(AccessRole.ADMIN), make_team()

    results = in_parallel(*[lambda: invitation_create(invitee=invitee(team), by=admin)] * 2)

    refusals = [result for result in results if isinstance(result, DomainError)]
    assert len(refusals) == 1
    assert isinstance(refusals[0], InvitedMeanwhile | AlreadyInvited)
    assert Invitation.objects.count() == OutgoingMail.objects.count() == 1


# Again, and not any more


def test_sending_again_kills_the_old_link(admin: Member, team: Team, client: Client) -> None:
    invitation = invitation_create(invitee=invitee(team), by=admin)
    old = token_of(invitation)

    with time_machine.travel(timezone.now() + timedelta(days=9), tick=False):
        invitation_renew(invitation=invitation, by=admin)
        new = token_of(invitation)

        assert client.get(reverse("invitation_accept", args=[old])).status_code == 404
        assert client.get(reverse("invitation_accept", args=[new])).status_code == 200
    assert OutgoingMail.objects.count() == 2


def test_a_mail_whose_link_is_dead_does_not_go_out(admin: Member, team: Team) -> None:
    invitation = invitation_create(invitee=invitee(team), by=admin)
    old = mail_of(invitation)
    invitation_renew(invitation=invitation, by=admin)
    new = mail_of(invitation)

    mails_work_off(among=[old.pk])

    old.refresh_from_db()
    new.refresh_from_db()
    assert old.state == MailState.FAILED
    assert "sent again, taken back or accepted" in old.error
    assert old.text == old.html == ""
    assert new.state == MailState.WAITING


@pytest.mark.parametrize("end", ["accepted", "revoked"])
def test_what_is_over_is_neither_sent_again_nor_taken_back(
    admin: Member, team: Team, end: str
) -> None:
    invitation = invitation_create(invitee=invitee(team), by=admin)
    accept(invitation) if end == "accepted" else invitation_revoke(invitation=invitation, by=admin)

    with pytest.raises(DomainError, match="over: invite the person anew"):
        invitation_renew(invitation=invitation, by=admin)
    with pytest.raises(DomainError, match=r"accepted: open|taken back already"):
        invitation_revoke(invitation=invitation, by=admin)

    assert OutgoingMail.objects.count() == 1


def test_hr_sees_invitations_but_changes_none(team: Team, admin: Member) -> None:
    invitation = invitation_create(invitee=invitee(team), by=admin)
    client = Client()
    client.force_login(make_member(AccessRole.HR))

    html = client.get(reverse("invitations")).content.decode()

    assert "new@example.com" in html
    assert "Send again" not in html
    for name in ("invitation_renew", "invitation_revoke"):
        assert client.post(reverse(name, args=[invitation.pk])).status_code == 404
    invitation.refresh_from_db()
    assert invitation.state is InvitationState.OPEN


# The pages


@pytest.fixture
def office(client: Client, admin: Member) -> Client:
    """The administrator's browser."""
    client.force_login(admin)
    return client


def test_the_form_invites(office: Client, team: Team) -> None:
    position = Position.objects.create(code="closer", names={"en": "Closer"})

    response = office.post(
        reverse("invitation_new"),
        {
            "email": "new@example.com",
            "name": "Nele New",
            "access_role": "rep",
            "team": team.slug,
            "positions": [position.pk],
            "career_level": "senior",
            "time_zone": "Europe/Berlin",
            "language": "en",
        },
    )

    assert response.status_code == 302
    invitation = Invitation.objects.get()
    assert invitation.career_level == "senior"
    assert list(invitation.positions.all()) == [position]


def invite_by_form(office: Client, to: Team, **changes: str) -> str:
    given = {"email": "x@example.com", "name": "X", "access_role": "rep", "team": to.slug}
    given |= {"time_zone": "Europe/Berlin", "language": "en"}
    response = office.post(reverse("invitation_new"), given | changes)
    assert response.status_code == 422
    return response.content.decode()


def test_a_taken_address_leads_to_who_has_it(office: Client, team: Team, admin: Member) -> None:
    member = make_member(email="mia@example.com")
    invitation_create(invitee=invitee(team), by=admin)

    of_member = invite_by_form(office, team, email=member.email)
    of_invitation = invite_by_form(office, team, email="new@example.com")

    assert f'href="{reverse("member", args=[member.pk])}"' in of_member
    assert f'href="{reverse("invitations")}?q=new%40example.com"' in of_invitation
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("name", " "),
        ("access_role", "king"),
        ("team", "nowhere"),
        ("team", ""),
        ("time_zone", "Europe/Atlantis"),
        ("language", "tlh"),
        ("name", "a" * 151),
    ],
)
def test_a_value_that_cannot_be_is_named_at_its_field(
    office: Client, team: Team, field: str, value: str
) -> None:
    html = invite_by_form(office, team, **{field: value})

    assert f'id="id_{field}_error"' in html
    assert not Invitation.objects.exists()


def test_the_list_tells_states_apart(office: Client, admin: Member, team: Team) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=8), tick=False):
        invitation_create(invitee=invitee(team, email="late@example.com"), by=admin)
    taken_back = invitation_create(invitee=invitee(team, email="back@example.com"), by=admin)
    invitation_revoke(invitation=taken_back, by=admin)
    accept(invitation_create(invitee=invitee(team, email="here@example.com"), by=admin))
    invitation_create(invitee=invitee(team, email="open@example.com"), by=admin)

    def listed(state: str) -> set[str]:
        html = office.get(reverse("invitations"), {"state": state}).content.decode()
        return set(
            re.findall(r"\b(late|back|here|open)@example\.com</span>", html.split("<tbody")[1])
        )

    assert listed("open") >= {"open"}
    assert [sorted(listed(state)) for state in InvitationState.values] == [
        ["open"],
        ["late"],
        ["here"],
        ["back"],
    ]
    assert listed("") == {"late", "back", "here", "open"}


def test_the_list_costs_the_same_for_two_and_for_twenty(
    office: Client, admin: Member, team: Team
) -> None:
    invitations_create(
        invitees=[invitee(team, email=f"a{n}@example.com") for n in range(2)], by=admin
    )
    queries_of(office, reverse("invitations"))
    few = len(queries_of(office, reverse("invitations")))
    invitations_create(
        invitees=[invitee(team, email=f"b{n}@example.com") for n in range(20)], by=admin
    )

    assert len(queries_of(office, reverse("invitations"))) == few


def test_again_and_back_by_their_buttons(office: Client, admin: Member, team: Team) -> None:
    invitation = invitation_create(invitee=invitee(team), by=admin)

    office.post(reverse("invitation_renew", args=[invitation.pk]))
    office.post(reverse("invitation_revoke", args=[invitation.pk]))

    invitation.refresh_from_db()
    assert invitation.state is InvitationState.REVOKED
    assert OutgoingMail.objects.count() == 2
    assert office.get(reverse("invitation_renew", args=[invitation.pk])).status_code == 405


def test_who_accepts_is_signed_in_and_goes_on(client: Client, admin: Member, team: Team) -> None:
    invitation = invitation_create(invitee=invitee(team), by=admin)
    address = reverse("invitation_accept", args=[token_of(invitation)])
    page = client.get(address)

    response = client.post(address, answers())

    html = page.content.decode()
    assert "at least 10 characters" in html
    assert 'value="Nele New"' in html
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert "no-store" in page.headers["Cache-Control"]
    assert response["Location"] == reverse("home")
    member = Member.objects.get(email="new@example.com")
    assert client.session["_auth_user_id"] == str(member.pk)
    assert member.last_login is not None


def test_the_page_speaks_the_language_of_the_mail(
    client: Client, admin: Member, team: Team
) -> None:
    invitation = invitation_create(invitee=invitee(team, language="zh-hant"), by=admin)

    page = client.get(reverse("invitation_accept", args=[token_of(invitation)]))

    assert 'lang="zh-Hant' in page.content.decode()
    assert page.headers["Content-Language"] == "zh-hant"


def test_whoever_was_signed_in_before_is_signed_out(
    office: Client, admin: Member, team: Team
) -> None:
    invitation = invitation_create(invitee=invitee(team), by=admin)
    address = reverse("invitation_accept", args=[token_of(invitation)])

    assert "You are signed in as Ada Admin" in office.get(address).content.decode()
    office.post(address, answers())

    member = Member.objects.get(email="new@example.com")
    assert office.session["_auth_user_id"] == str(member.pk)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password": "short", "again": "short"}, "password"),
        ({"password": "password1234", "again": "password1234"}, "password"),
        ({"password": "new@example.com", "again": "new@example.com"}, "password"),
        ({"again": "another-lantern-42"}, "again"),
        ({"name": ""}, "name"),
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"language": "tlh"}, "language"),
    ],
)
def test_a_refused_answer_uses_nothing_up(
    client: Client, admin: Member, team: Team, changes: dict[str, str], field: str
) -> None:
    invitation = invitation_create(invitee=invitee(team), by=admin)

    response = client.post(
        reverse("invitation_accept", args=[token_of(invitation)]), answers(**changes)
    )

    assert response.status_code == 422
    assert f'id="id_{field}_error"' in response.content.decode()
    invitation.refresh_from_db()
    assert invitation.state is InvitationState.OPEN
    assert not Member.objects.filter(email="new@example.com").exists()


def test_every_link_that_lets_nobody_in_is_answered_alike(
    client: Client, admin: Member, team: Team
) -> None:
    links = {"unknown": "x" * 43}
    for end in ("accepted", "revoked", "expired", "member"):
        email = f"{end}@example.com"
        invitation = invitation_create(invitee=invitee(team, email=email), by=admin)
        links[end] = token_of(invitation)
        if end == "accepted":
            accept(invitation)
        elif end == "revoked":
            invitation_revoke(invitation=invitation, by=admin)
        elif end == "expired":
            Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now())
        else:
            make_member(email=email)

    def shown(token: str, *, is_post: bool) -> tuple[int, str]:
        address = reverse("invitation_accept", args=[token])
        response = Client().post(address, answers()) if is_post else Client().get(address)
        text = re.sub(r'(csrf\w*"|nonce=")[^>]*', "", response.content.decode())
        text = re.sub(r'name="csrfmiddlewaretoken"[^>]*|X-CSRFToken[^}]*', "", text)
        return response.status_code, text.replace(address, "")

    for is_post in (False, True):
        pages = {shown(token, is_post=is_post) for token in links.values()}
        assert len(pages) == 1
        status, html = pages.pop()
        assert status == 404
        assert "This link lets nobody in" in html
        assert "example.com" not in html


# Many from a file

HEADING = "email,name,access role,team,positions,career level,time zone,language"


def file(*lines: str, heading: str = HEADING) -> bytes:
    return "\r\n".join([heading, *lines]).encode()


@pytest.fixture
def closer() -> Position:
    return Position.objects.create(
        code="closer", names={"en": "Closer", "zh-hans": "成交专员", "zh-hant": "成交專員"}
    )


def test_a_row_says_everything_of_a_person(team: Team, closer: Position) -> None:
    rows = file_checked(
        file(
            f"Mia@Example.com,Mia,manager,{team.slug},closer,senior,Asia/Shanghai,zh-hans",
            "bo@example.com,Bo,rep,north",
        )
    ).rows

    assert [row.reasons for row in rows] == [[], []]
    assert rows[0].invitee == Invitee(
        email="mia@example.com",
        name="Mia",
        access_role=AccessRole.MANAGER,
        team=team,
        career_level="senior",
        positions=(closer,),
        time_zone="Asia/Shanghai",
        language="zh-hans",
    )
    assert rows[1].invitee == Invitee("bo@example.com", "Bo", AccessRole.REP, team)


@pytest.mark.parametrize(
    "content",
    [
        "邮箱;姓名;角色;团队;岗位\nmia@example.com;米娅;经理;North;成交专员\n".encode("utf-8-sig"),
        "電子郵件\t姓名\t角色\t團隊\t崗位\nmia@example.com\t米婭\tManager\tNORTH\tCLOSER".encode(
            "utf-16"
        ),
        b'EMAIL,Name,"Access  Role",Team,Positions\n\n"mia@example.com","M, ia",manager,North,closer|closer\n,,,,\n',
    ],
    ids=["semicolons, mark, Chinese", "tabs, UTF-16", "quotes, blank lines, capitals"],
)
def test_files_come_as_spreadsheet_programs_write_them(
    team: Team, closer: Position, content: bytes
) -> None:
    (row,) = file_checked(content).rows

    assert row.reasons == []
    assert row.invitee is not None
    assert (row.invitee.access_role, row.invitee.team) == (AccessRole.MANAGER, team)
    assert row.invitee.positions == (closer,)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nobody,N,rep,North", "“nobody” is no email address."),
        (",N,rep,North", "“” is no email address."),
        ("mia@example.com,N,rep,North", "belongs to a member already."),
        ("invited@example.com,N,rep,North", "has an open invitation already."),
        ("a@example.com,,rep,North", "The name is missing."),
        ("a@example.com," + "n" * 151 + ",rep,North", "longer than 150 characters"),
        ("a@example.com,N,king,North", "There is no access role “king”."),
        ("a@example.com,N,,North", "There is no access role “”."),
        ("a@example.com,N,rep,", "nobody is a member without one."),
        ("a@example.com,N,rep,South", "There is no team “South”, or it is closed."),
        ("a@example.com,N,rep,Gone", "There is no team “Gone”, or it is closed."),
        ("a@example.com,N,rep,Twin", "Several teams are called “Twin”"),
        ("a@example.com,N,rep,North,juggler", "There is no position “juggler” in use."),
        ("a@example.com,N,rep,North,retired", "There is no position “retired” in use."),
        ("a@example.com,N,rep,North,,chief", "There is no career level “chief”."),
        ("a@example.com,N,rep,North,,,Mars/Base", "“Mars/Base” is no time zone"),
        ("a@example.com,N,rep,North,,,,tlh", "There is no language “tlh” here."),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_line_and_reason(
    admin: Member, team: Team, line: str, reason: str
) -> None:
    make_member(email="mia@example.com")
    invitation_create(invitee=invitee(team, email="invited@example.com"), by=admin)
    make_team(name="Twin")
    make_team(name="Twin", parent=team)
    gone = make_team(name="Gone")
    Team.objects.filter(pk=gone.pk).update(closed_on=Organisation.current().today())
    Position.objects.create(code="retired", names={"en": "Retired"}, is_active=False)

    (row,) = file_checked(file(line)).rows

    assert row.line == 2
    assert row.invitee is None
    assert len(row.reasons) == 1
    assert reason in row.reasons[0]


def test_every_reason_of_a_row_is_named_at_once(team: Team) -> None:
    (row,) = file_checked(file("nobody,,king,South,juggler,chief,Mars,tlh")).rows

    assert len(row.reasons) == 8


def test_the_full_name_tells_two_teams_of_one_name_apart(team: Team) -> None:
    twin = make_team(name="Twin", parent=team)
    make_team(name="Twin")

    (row,) = file_checked(file("a@example.com,N,rep,North / twin")).rows

    assert row.invitee is not None
    assert row.invitee.team == twin


def test_an_address_twice_in_the_file_is_taken_once(team: Team) -> None:
    rows = file_checked(
        file(
            'a@example.com,"N\nM",rep,North',
            "b@example.com,B,rep,North",
            "A@example.com,N,rep,North",
        )
    ).rows

    assert [row.line for row in rows] == [2, 4, 5]
    assert [bool(row.invitee) for row in rows] == [True, True, False]
    assert rows[2].reasons == ["The same address stands in line 2."]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty."),
        (b"\n \n", "The file is empty."),
        (HEADING.encode(), "nobody below it"),
        (b"email,name\na@example.com,A", "lacks the columns access role, team"),
        (b"email,email,name\n", "“email” stands twice"),
        ("邮箱,姓名\n".encode("gbk"), "not in UTF-8"),
        (b"PK\x03\x04\x00\x00", "This is no CSV file"),
        (file('a@example.com,"N,rep,North'), "Line 2 can't be split"),
        (b"x" * (2 * 1024 * 1024 + 1), "more than 2 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(content: bytes, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        file_checked(content)


def test_more_rows_than_the_limit_are_refused_and_the_limit_is_not(team: Team) -> None:
    lines = [f"a{n}@example.com,N,rep,North" for n in range(MOST_ROWS + 1)]

    assert len(file_checked(file(*lines[:-1])).good) == MOST_ROWS
    with pytest.raises(FileRefused, match=r"more than 5,000 rows"):
        file_checked(file(*lines))


def test_checking_and_inviting_cost_the_same_queries_for_any_number(
    admin: Member, team: Team
) -> None:
    def both(letter: str, count: int) -> int:
        lines = [f"{letter}{n}@example.com,N,rep,North" for n in range(count)]

        def work() -> None:
            checked = file_checked(file(*lines))
            invitees = [row.invitee for row in checked.good if row.invitee]
            invitations_create(invitees=invitees, by=admin)

        return counted(work)

    assert both("a", 2) == both("b", 60)


def test_many_invitations_are_one_entry_with_its_rows(admin: Member, team: Team) -> None:
    made = invitations_create(
        invitees=[invitee(team, email=f"a{n}@example.com") for n in range(3)], by=admin
    )

    entry = AuditEntry.objects.get(action__startswith="invitation.")
    assert (entry.action, entry.rows) == ("invitation.create_many", [one.pk for one in made])
    assert OutgoingMail.objects.count() == 3


def test_of_many_none_is_invited_where_one_cannot_be(admin: Member, team: Team) -> None:
    member = make_member()

    with pytest.raises(AlreadyMember):
        invitations_create(invitees=[invitee(team), invitee(team, email=member.email)], by=admin)

    assert not Invitation.objects.exists()
    assert not OutgoingMail.objects.exists()


def upload(office: Client, content: bytes, name: str = "people.csv") -> InvitationBatch:
    response = office.post(
        reverse("invitation_file"), {"file": SimpleUploadedFile(name, content, "text/csv")}
    )
    assert response.status_code == 302, response.content.decode()
    return InvitationBatch.objects.latest("pk")


def test_a_file_is_looked_at_first_and_then_invites_the_good_ones(
    office: Client, team: Team
) -> None:
    batch = upload(office, file("a@example.com,=Ann,rep,North", "b@example.com,Bo,king,North"))
    page = office.get(reverse("invitation_batch", args=[batch.pk])).content.decode()

    assert not Invitation.objects.exists()
    assert "Invite 1 person" in page
    assert "There is no access role “king”." in page
    response = office.post(reverse("invitation_batch_confirm", args=[batch.pk]), {"expected": "1"})

    assert response.status_code == 302
    assert [one.email for one in Invitation.objects.all()] == ["a@example.com"]
    done = office.get(reverse("invitation_batch", args=[batch.pk])).content.decode()
    assert "There is no access role “king”." in done
    assert "Invite 1 person" not in done


def test_confirming_twice_invites_once(office: Client, team: Team) -> None:
    batch = upload(office, file("a@example.com,Ann,rep,North"))
    address = reverse("invitation_batch_confirm", args=[batch.pk])
    office.post(address, {"expected": "1"})

    again = office.post(address, {"expected": "1"})

    assert again.status_code == 422
    assert "have been sent already" in again.content.decode()
    assert Invitation.objects.count() == OutgoingMail.objects.count() == 1


def test_uploading_twice_invites_once(office: Client, team: Team) -> None:
    content = file("a@example.com,Ann,rep,North")
    first, second = upload(office, content), upload(office, content)
    office.post(reverse("invitation_batch_confirm", args=[first.pk]), {"expected": "1"})

    response = office.post(reverse("invitation_batch_confirm", args=[second.pk]), {"expected": "1"})

    assert response.status_code == 422
    assert "has changed since you looked" in response.content.decode()
    assert "has an open invitation already" in response.content.decode()
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize("expected", ["2", "", "x", "²", "-1"])
def test_only_what_was_shown_is_confirmed(office: Client, team: Team, expected: str) -> None:
    batch = upload(office, file("a@example.com,Ann,rep,North"))

    response = office.post(
        reverse("invitation_batch_confirm", args=[batch.pk]), {"expected": expected}
    )

    assert response.status_code == 422
    assert not Invitation.objects.exists()


def test_refused_rows_are_downloaded_with_their_reasons(office: Client, team: Team) -> None:
    batch = upload(office, file("=cmd(),Ann,rep,North", "b@example.com,Bo,rep,North"))
    address = reverse("invitation_batch_refused", args=[batch.pk])
    before = office.get(address)
    office.post(reverse("invitation_batch_confirm", args=[batch.pk]), {"expected": "1"})

    after = office.get(address)

    assert before.content == after.content
    heading, row = csv.reader(io.StringIO(after.content.decode("utf-8-sig")))
    assert heading[:2] == ["email", "name"]
    assert row[:4] == ["'=cmd()", "Ann", "rep", "North"]
    assert row[8:] == ["2", "“=cmd()” is no email address."]


def test_without_refused_rows_there_is_no_download(office: Client, team: Team) -> None:
    batch = upload(office, file("b@example.com,Bo,rep,North"))

    response = office.get(reverse("invitation_batch_refused", args=[batch.pk]))

    assert response.status_code == 404


def test_the_template_is_a_file_that_is_understood(office: Client) -> None:
    make_team(name="inside-sales")
    for code in ("telesales-agent", "account-manager"):
        Position.objects.get_or_create(code=code, defaults={"names": {"en": code}})

    content = office.get(reverse("invitation_template")).content

    assert [row.reasons for row in file_checked(content).rows] == [[]]


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "The file is empty."), (b"a,b\n", "lacks the columns")]
)
def test_a_file_that_is_refused_says_so_on_the_page(
    office: Client, content: bytes, reason: str
) -> None:
    response = office.post(
        reverse("invitation_file"), {"file": SimpleUploadedFile("p.csv", content)}
    )

    assert response.status_code == 422
    assert reason in response.content.decode()
    assert not InvitationBatch.objects.exists()


def test_no_file_at_all_says_so(office: Client) -> None:
    response = office.post(reverse("invitation_file"))

    assert response.status_code == 422
    assert "Choose a file." in response.content.decode()


def test_another_administrators_file_is_not_mine(office: Client, team: Team) -> None:
    other = make_member(AccessRole.ADMIN)
    batch = batch_create(content=file("a@example.com,Ann,rep,North"), file_name="x.csv", by=other)

    assert office.get(reverse("invitation_batch", args=[batch.pk])).status_code == 404
    assert office.post(reverse("invitation_batch_confirm", args=[batch.pk])).status_code == 404


def test_files_that_were_forgotten_go(admin: Member, team: Team) -> None:
    content = file("a@example.com,Ann,rep,North")
    old = timezone.now() - timedelta(days=1, minutes=1)
    with time_machine.travel(old, tick=False):
        forgotten = batch_create(content=content, file_name="x.csv", by=admin)

    kept = batch_create(content=content, file_name="x.csv", by=admin)

    assert not InvitationBatch.objects.filter(pk=forgotten.pk).exists()
    assert InvitationBatch.objects.filter(pk=kept.pk).exists()


def test_a_file_that_nobody_may_bring_is_not_kept(team: Team) -> None:
    with pytest.raises(NotPermitted):
        batch_create(
            content=file("a@example.com,A,rep,North"),
            file_name="x.csv",
            by=make_member(AccessRole.HR),
        )

    assert not InvitationBatch.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_at_once_one_wins() -> None:
    admin, _team = make_member(AccessRole.ADMIN), make_team(name="North")
    batch = batch_create(content=file("a@example.com,Ann,rep,North"), file_name="x.csv", by=admin)

    results = in_parallel(*[lambda: batch_confirm(batch=batch, expected=1, by=admin)] * 2)

    assert sorted(type(result).__name__ for result in results) == [
        "BatchConfirmed",
        "InvitationBatch",
    ]
    assert Invitation.objects.count() == 1
