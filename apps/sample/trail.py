"""The audit trail of what happened to people and teams, and the record of who left."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Count, Model, Sum

from apps.core.models import AuditChannel, AuditEntry
from apps.core.services import person_text, plain
from apps.customers.models import CustomerOwnerChange, CustomerOwnerChangeKind
from apps.funnel.models import OwnerChange, OwnerChangeKind
from apps.members.models import AccessRole, Invitation, Member, Membership, StandIn, Team
from apps.sample import stories
from apps.sample.context import Context
from apps.sample.people import People, Seller
from apps.staffing.leaving_plan import Plan, Receivers
from apps.staffing.models import Departure, DepartureState

NEEDS: Sequence[str] = ("people", "belonging", "accounts", "opportunities")
MODELS: Sequence[type[Model]] = (Departure, AuditEntry)
ADDRESS = "192.0.2.7"
JOINED_DAYS = 450


def build(context: Context) -> Mapping[str, int]:
    """Entries as the services would have written them, at the day on which it happened."""
    people = context.made(People)
    admin = Member.objects.filter(is_sample=True, access_role=AccessRole.ADMIN).order_by("pk")[0]
    entries = [
        *_joined(admin, context.until),
        *_moved(admin, _one(people, stories.MOVED)),
        *_teams(),
        *_absences(),
        *_invited(),
    ]
    departure = _departure(admin, _one(people, stories.LEFT), people.successor.member)
    entries.append(departure)
    AuditEntry.objects.bulk_create(entries)
    return {"departures": 1, "audit_entries": len(entries)}


def _one(people: People, story: stories.Story) -> Seller:
    return next(seller for seller in people.sellers if seller.story is story)


def _entry(
    by: Member | None,
    action: str,
    record: Model,
    at: datetime,
    changes: Mapping[str, Sequence[Any]] | None = None,
    **details: Any,
) -> AuditEntry:
    pairs = {name: [plain(old), plain(new)] for name, (old, new) in (changes or {}).items()}
    return AuditEntry(
        at=at,
        by=by,
        by_text=person_text(by) if by else "",
        action=action,
        kind=type(record).__name__.lower(),
        object_id=record.pk,
        label=str(record),
        changes=pairs,
        details={name: plain(value) for name, value in details.items()},
        channel=AuditChannel.WEB,
        address=ADDRESS,
        is_sample=True,
    )


def _morning(day: date, hour: int = 8) -> datetime:
    return datetime.combine(day, time(hour, 12), tzinfo=UTC)


def _joined(admin: Member, until: date) -> Iterable[AuditEntry]:
    since = until - timedelta(days=JOINED_DAYS)
    for member in Member.objects.filter(is_sample=True, joined_on__gte=since).order_by("pk"):
        if member.joined_on:
            role = {"access_role": [None, member.access_role]}
            yield _entry(admin, "member.create", member, _morning(member.joined_on), role)


def _moved(admin: Member, seller: Seller) -> Iterable[AuditEntry]:
    stints = list(
        Membership.objects.filter(member=seller.member, is_primary=True)
        .select_related("team")
        .order_by("starts_on")
    )
    for old, new in pairwise(stints):
        changes = {"team": [old.team, new.team]}
        at = _morning(new.starts_on)
        yield _entry(admin, "member.move", seller.member, at, changes, on=new.starts_on)


def _teams() -> Iterable[AuditEntry]:
    for team in Team.objects.filter(is_sample=True, stage_set_on__isnull=False):
        if team.stage_set_on:
            yield _entry(
                team.stage_set_by,
                "team.stage",
                team,
                _morning(team.stage_set_on, 10),
                {"stage": ["", team.stage]},
                stage_reason=team.stage_reason,
            )


def _absences() -> Iterable[AuditEntry]:
    for away in StandIn.objects.filter(is_sample=True).select_related("absent", "stand_in"):
        changes = {"absent": [None, away.absent], "stand_in": [None, away.stand_in]}
        changes |= {"starts_on": [None, away.starts_on], "ends_on": [None, away.ends_on]}
        at = _morning(away.starts_on - timedelta(days=2), 9)
        yield _entry(away.made_by, "standin.name", away, at, changes)


def _invited() -> Iterable[AuditEntry]:
    rows = Invitation.objects.filter(is_sample=True).select_related("team", "invited_by")
    for invitation in rows:
        changes = {"access_role": [None, invitation.access_role], "team": [None, invitation.team]}
        at = invitation.created_at
        yield _entry(invitation.invited_by, "invitation.create", invitation, at, changes)


def _departure(admin: Member, seller: Seller, successor: Member) -> AuditEntry:
    """What the leaver held went to one colleague, as the histories of both kinds say."""
    left_on = seller.left_on or date.min
    at = _morning(left_on, 7)
    customers = CustomerOwnerChange.objects.filter(
        from_owner=seller.member, to_owner=successor, kind=CustomerOwnerChangeKind.LEAVING
    ).count()
    handed = OwnerChange.objects.filter(
        from_owner=seller.member, to_owner=successor, kind=OwnerChangeKind.LEAVING
    ).aggregate(n=Count("pk"), value=Sum("opportunity__value"))
    to_one = Receivers("person", (successor.pk,))
    value = None if handed["value"] is None else str(handed["value"])
    shares = [
        {"holding": "opportunities", "to": successor.pk, "count": handed["n"], "value": value},
        {"holding": "customers", "to": successor.pk, "count": customers, "value": None},
    ]
    Departure.objects.create(
        member=seller.member,
        last_on=left_on - timedelta(days=1),
        plan=Plan(to_one, to_one).as_json(),
        shares=shares,
        state=DepartureState.DONE,
        by=admin,
        decided_at=at - timedelta(days=14),
        ended_at=at,
        is_sample=True,
    )
    changes: dict[str, list[Any]] = {"is_active": [True, False], "left_on": [None, left_on]}
    return _entry(admin, "member.leave", seller.member, at, changes, reason="", shares=shares)
