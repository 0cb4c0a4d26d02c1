"""Looking at the product as somebody else: who may, for how long, and what is written down.

    session["acting"] ──each request──▶ request.user is the person looked at; `acted_by` the administrator

It is for looking only: nothing is changed, no file is taken away, no page of the person's own
account is shown, and sealed records stay closed (`apps.core.sealed`, `querysets.reads`). It ends by
“Stop”, by signing out, after an hour, and as soon as one of the two may not any more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.services import audit_record
from apps.members.models import Member

KEY = "acting"
LONGEST = timedelta(minutes=60)
LONGEST_PATH = 500


@dataclass(frozen=True)
class Acting:
    """What the session holds: ids, when it began, and the language chosen meanwhile, if any."""

    by: int
    member: int
    since: datetime
    language: str = ""

    @classmethod
    def of(cls, session: Any) -> Self | None:  # noqa: ANN401 - any session store
        kept = session.get(KEY)
        if kept is None:
            return None
        return cls(
            kept["by"], kept["member"], datetime.fromisoformat(kept["since"]), kept["language"]
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "by": self.by,
            "member": self.member,
            "since": self.since.isoformat(),
            "language": self.language,
        }


class NotToBeActedFor(NotPermitted):
    """Nobody looks at the product as this person."""


def may_act_for(by: Member, target: Member) -> bool:
    """Administrators as anybody who is active and no administrator."""
    return by.is_active and by.role.administers and target.is_active and not target.role.administers


@transaction.atomic
def acting_start(*, target: Member, by: Member) -> Acting:
    """Let an administrator look at the product as somebody else; the caller keeps the result.

    Raises NotToBeActedFor, and DomainError for somebody who has left.
    """
    if not target.is_active:
        raise DomainError(
            _("%(name)s is not active: there is nothing that they see.") % _of(target)
        )
    if not may_act_for(by, target):
        words = _("Nobody looks at the product as an administrator: ask %(name)s to show you.")
        raise NotToBeActedFor(words % _of(target))
    audit_record(by=by, action="acting.start", record=target)
    return Acting(by=by.pk, member=target.pk, since=timezone.now())


@transaction.atomic
def acting_stop(*, acting: Acting, why: str) -> None:
    """Write down that it ended: `why` is stop, sign_out, time, or lost (one of them may not)."""
    people = Member.objects.in_bulk([acting.by, acting.member])
    if acting.member not in people:
        return
    minutes = int((timezone.now() - acting.since).total_seconds() // 60)
    audit_record(
        by=people.get(acting.by),
        action="acting.stop",
        record=people[acting.member],
        minutes=minutes,
        reason=why,
    )


def acting_viewed(*, target: Member, by: Member, path: str) -> None:
    """Write down a page that was opened; a reading, so that it is no part of a record's history."""
    audit_record(
        by=by, action="acting.view", record=target, is_reading=True, path=path[:LONGEST_PATH]
    )


def person_acted_for(acting: Acting, by: Any) -> Member | None:  # noqa: ANN401 - any user
    """The person looked at, with `acted_by`; None where it is over."""
    if by.pk != acting.by or timezone.now() - acting.since >= LONGEST:
        return None
    target: Member | None = Member.objects.with_absences().filter(pk=acting.member).first()
    if target is None or not may_act_for(by, target):
        return None
    target.acted_by = by
    target.language = acting.language or target.language
    return target


def why_over(acting: Acting) -> str:
    return "time" if timezone.now() - acting.since >= LONGEST else "lost"


def _of(member: Member) -> dict[str, str]:
    return {"name": member.name}
