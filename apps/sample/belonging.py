"""Positions, career levels, ages of teams, the matrix team, a stand-in, invitations, sign-ins."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from django.db.models import Model

from apps.core.models import MailState, OutgoingMail
from apps.members.models import (
    AccessRole,
    CareerLevel,
    Invitation,
    Member,
    Membership,
    Position,
    PositionHolding,
    SignIn,
    SignInOutcome,
    StandIn,
    Team,
    TeamKind,
    TeamStage,
)
from apps.sample import stories
from apps.sample.context import Context
from apps.sample.copying import reserve_ids
from apps.sample.people import DOMAIN, ROOT, UNITS, WEST, People, Seller, weekday

NEEDS: Sequence[str] = ("people",)
MODELS: Sequence[type[Model]] = (Team, StandIn, OutgoingMail, Invitation)

MATRIX = ("Key accounts 大客户", "key-accounts")
MATRIX_STORIES = (stories.STAR, stories.STEADY, stories.COLLAPSED, stories.BULGE)
MATRIX_AGE_DAYS = 150
# Days that a group has stood in its present form, by its address; the others are old.
YOUNG = {"west-1": 24, "east-1": 95, "huanan-1": 160}
OLD_DAYS = 900
# What the others are not organised by.
KINDS = {"huanan": TeamKind.PRODUCT, "west": TeamKind.SEGMENT}
POSITIONS = ("business-developer", "account-manager", "telesales-agent")
# Nobody in this unit keeps customers: its page says which stages are left to chance.
UNCOVERED = UNITS[WEST][1]
SENIOR_YEARS, YEAR = 5, 365
AWAY_SINCE_DAYS, AWAY_UNTIL_DAYS = 3, 12
INVITED = (
    ("Nele Fischer", "nele.fischer", "en", "Europe/Berlin", "east-1", 2),
    ("王芳", "wang.fang", "zh-hans", "Asia/Shanghai", "huadong-1", 19),
)
INVITATION_DAYS = 7
SIGN_IN_DAYS = 14
BROWSERS = ("Chrome on Windows", "Safari on iPhone", "Edge on Windows", "Firefox on Linux")


def build(context: Context) -> Mapping[str, int]:
    """What the people do, how their teams stand, and who comes, goes and is away."""
    people = context.made(People)
    today = context.until + timedelta(days=1)
    teams = {
        team.slug.removesuffix("-sample"): team for team in Team.objects.filter(is_sample=True)
    }
    _form_teams(teams, today)
    _matrix(context, people, teams[ROOT[1]], today)
    members = list(Member.objects.filter(is_sample=True).order_by("pk"))
    holdings = list(_holdings(people, members, today))
    PositionHolding.objects.bulk_create(holdings)
    sign_ins = list(_sign_ins(context.random("sign-ins"), members, today))
    SignIn.objects.bulk_create(sign_ins)
    Member.objects.bulk_update(members, ["career_level", "last_login"])
    _stand_in(people, teams[UNITS[WEST][1]], today)
    invitations = _invitations(context.random("invitations"), teams, members, today)
    return {"positions_held": len(holdings), "sign_ins": len(sign_ins), "invitations": invitations}


def _form_teams(teams: Mapping[str, Team], today: date) -> None:
    for slug, team in teams.items():
        team.formed_on = weekday(today - timedelta(days=YOUNG.get(slug, OLD_DAYS)))
    for slug, kind in KINDS.items():
        if slug in teams:
            teams[slug].kind = kind
    by_hand = teams["huadong-1"]
    by_hand.stage, by_hand.stage_set_by = TeamStage.STORMING, by_hand.lead
    by_hand.stage_set_on = weekday(today - timedelta(days=30))
    by_hand.stage_reason = "两组合并后重新划分了区域"
    Team.objects.bulk_update(
        teams.values(),
        ["formed_on", "kind", "stage", "stage_set_by", "stage_set_on", "stage_reason"],
    )


def _matrix(context: Context, people: People, root: Team, today: date) -> None:
    """A team across the divisions, in which nobody is at home."""
    name, slug = MATRIX
    formed_on = weekday(today - timedelta(days=MATRIX_AGE_DAYS))
    (pk,) = reserve_ids(Team, 1)
    taken = context.beside and Team.objects.filter(slug=slug).exists()
    chosen = [next(s for s in people.sellers if s.story is story) for story in MATRIX_STORIES]
    team = Team.objects.create(
        pk=pk,
        name=name,
        slug=f"{slug}-sample" if taken else slug,
        kind=TeamKind.MATRIX,
        parent=root,
        lead=root.lead,
        formed_on=formed_on,
        path=[*root.path, pk],
        is_sample=True,
    )
    Membership.objects.bulk_create(
        Membership(member=seller.member, team=team, starts_on=formed_on, is_primary=False)
        for seller in chosen
    )


def _holdings(people: People, members: Sequence[Member], today: date) -> Iterator[PositionHolding]:
    """Everybody's position since they joined; their career level goes by role and years."""
    codes = {position.code: position for position in Position.objects.all()}
    sellers = {seller.member.pk: (number, seller) for number, seller in enumerate(people.sellers)}
    leads = {AccessRole.MANAGER: "team-lead", AccessRole.DIRECTOR: "team-lead"}
    leads[AccessRole.ANALYST] = "data-analyst"
    for member in members:
        number, seller = sellers.get(member.pk, (0, None))
        code = leads.get(member.role) if seller is None else _position(number, seller)
        member.career_level = _career_level(member, seller, today)
        if code and member.joined_on:
            yield PositionHolding(
                member=member,
                position=codes[code],
                starts_on=member.joined_on,
                ends_on=seller.left_on if seller else None,
            )


def _position(number: int, seller: Seller) -> str:
    code = POSITIONS[number % len(POSITIONS)]
    is_gap = seller.territory == UNCOVERED and code == "account-manager"
    return "business-developer" if is_gap else code


def _career_level(member: Member, seller: Seller | None, today: date) -> str:
    if member.role is AccessRole.DIRECTOR:
        return CareerLevel.DIRECTOR
    if member.role is AccessRole.MANAGER:
        return CareerLevel.MANAGER
    if seller is None or member.joined_on is None:
        return ""
    years = (today - member.joined_on).days / YEAR
    if years < 1:
        return CareerLevel.ASSISTANT
    return CareerLevel.SENIOR if years >= SENIOR_YEARS else CareerLevel.REPRESENTATIVE


def _stand_in(people: People, west: Team, today: date) -> None:
    """The lead of the West is on holiday; a rep of the team leads it for these days."""
    if west.lead is None:
        return
    deputy = next(s.member for s in people.sellers if s.story is stories.BULGE)
    StandIn.objects.create(
        absent=west.lead,
        stand_in=deputy,
        starts_on=today - timedelta(days=AWAY_SINCE_DAYS),
        ends_on=today + timedelta(days=AWAY_UNTIL_DAYS),
        made_by=west.lead,
        is_sample=True,
    )


def _invitations(
    rng: Random, teams: Mapping[str, Team], members: Sequence[Member], today: date
) -> int:
    """One that waits for its answer, one that nobody answered in time."""
    admin = next(member for member in members if member.role is AccessRole.ADMIN)
    developer = Position.objects.get(code="business-developer")
    for name, address, language, zone, slug, days in INVITED:
        sent_at = datetime.combine(today - timedelta(days=days), time(8, 30), tzinfo=UTC)
        email = f"{address}@{DOMAIN}"
        mail = OutgoingMail.objects.create(
            to=email,
            purpose="invitation",
            language=language,
            subject="SalesTeam",
            is_secret=True,
            is_sample=True,
            state=MailState.SENT,
            message_id=f"<{rng.randbytes(16).hex()}@{DOMAIN}>",
            tries=1,
            created_at=sent_at,
            sent_at=sent_at,
        )
        invitation = Invitation.objects.create(
            email=email,
            name=name,
            career_level=CareerLevel.REPRESENTATIVE,
            team=teams[slug],
            time_zone=zone,
            language=language,
            # A digest whose link nobody knows.
            digest=rng.randbytes(32).hex(),
            invited_by=admin,
            created_at=sent_at,
            expires_at=sent_at + timedelta(days=INVITATION_DAYS),
            mail=mail,
            is_sample=True,
        )
        invitation.positions.add(developer)
    return len(INVITED)


def _sign_ins(rng: Random, members: Sequence[Member], today: date) -> Iterator[SignIn]:
    """Two weeks of mornings; now and then a password is mistyped first."""
    for member in members:
        if not member.is_active:
            continue
        browser = rng.choice(BROWSERS)
        for days in range(SIGN_IN_DAYS, 0, -1):
            day = today - timedelta(days=days)
            if weekday(day) != day or rng.random() < 0.15:  # noqa: PLR2004 - days off
                continue
            at = datetime.combine(day, time(6, 30), tzinfo=UTC)
            at += timedelta(seconds=rng.randrange(7200))
            shared = {"member": member, "email": member.email, "browser": browser}
            shared["address"] = f"192.0.2.{member.pk % 250 + 1}"
            if rng.random() < 0.05:  # noqa: PLR2004 - one in twenty
                mistyped = at - timedelta(seconds=20)
                yield SignIn(at=mistyped, outcome=SignInOutcome.REFUSED, **shared)
            yield SignIn(at=at, method="password", outcome=SignInOutcome.DONE, **shared)
            member.last_login = at
