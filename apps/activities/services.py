"""Writing down what was done with a customer, and what comes next."""

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.activities.models import Activity, ActivityVersion, Direction, FollowUp, Outcome
from apps.activities.planning.errors import AlreadySettled, NotOfCustomer
from apps.activities.planning.services import (
    follow_up_drop,
    follow_up_finish,
    follow_up_plan,
    follow_ups_follow,
    follow_ups_reopen,
)
from apps.activities.selectors import may_correct
from apps.core.errors import DomainError, NotPermitted
from apps.core.formats import moment
from apps.core.models import Organisation
from apps.core.services import audit_record, changed_values, values_of
from apps.customers.models import Channel, Contact, Customer
from apps.customers.writing import customer_held
from apps.funnel import models as funnel
from apps.funnel.models import Level, LevelChange, Opportunity
from apps.funnel.services import opportunity_close, opportunity_move
from apps.members.models import Member

# Those of `planning` that callers find here too.
__all__ = [
    "AlreadySettled",
    "NotOfCustomer",
    "follow_up_drop",
    "follow_up_finish",
    "follow_up_plan",
    "follow_ups_follow",
]

MOST_MINUTES = 24 * 60
MOST_CHARACTERS = 10_000
# Ways that disturb somebody at once.
DISTURBING = frozenset({Channel.CALL, Channel.MESSAGE})
# What the audit trail keeps of an activity: nobody can edit it, so no text that may be personal.
KEPT = ("channel", "direction", "at", "minutes", "outcome")
# What an earlier version keeps: here texts too, since a version goes with its activity.
VERSIONED = (*KEPT, "note", "objection", "contact_id", "opportunity_id")


class InTheFuture(DomainError):  # noqa: N818 - named for what is the case
    """An activity has happened; what is still to come is a next step."""


class KeyTaken(DomainError):  # noqa: N818 - named for what is the case
    """A device's own number of a log stands for another one."""


class DoNotCall(DomainError):  # noqa: N818 - named for what is the case
    """The contact must not be called or texted."""


class TooLate(DomainError):  # noqa: N818 - named for what is the case
    """It can't be corrected any more."""


@dataclass(frozen=True)
class NextStep:
    """What `activity_log` plans along with the activity, for the customer's owner."""

    due_on: date
    channel: Channel | str
    purpose: str
    # A time of day in the owner's zone.
    due_at: time | None = None


@transaction.atomic
def activity_log(  # noqa: PLR0913 - the facts of a contact, all by name
    *,
    customer: Customer,
    channel: Channel | str,
    outcome: Outcome | str,
    direction: Direction | str = Direction.OUT,
    at: datetime | None = None,
    note: str = "",
    contact: Contact | None = None,
    opportunity: Opportunity | None = None,
    minutes: int | None = None,
    objection: str = "",
    next_step: NextStep | None = None,
    finishes: FollowUp | None = None,
    moves_to: Level | None = None,
    loses: str = "",
    key: UUID | None = None,
    member: Member | None = None,
    by: Member | None,
) -> Activity:
    """Write down a call, visit, email, message, meeting or fax, and what comes next.

    `member` had the contact, `by` if nobody else is named. `finishes` is the planned step that it
    settles. `moves_to` moves the opportunity up, or back with the note as the reason; `loses` closes
    it as lost for that reason. All of it happens or nothing. With a `key` that was used before, the
    activity of that time comes back and nothing is written: a log that is sent twice counts once.
    The last contact of the customer follows by a trigger.

    Raises:
        CustomerGone, NotPermitted: see `customer_held`.
        InTheFuture: on a day after today in the organisation's zone.
        NotOfCustomer: contact, opportunity or planned step of another customer.
        DoNotCall: a call or message of ours to a contact who must have none by then.
        OpportunityClosed, ReasonMissing: see `opportunity_move` and `opportunity_close`.
        KeyTaken: another log has the key.
    """
    held = customer_held(customer, by)
    who = member or by
    assert who is not None, "somebody had the contact"  # noqa: S101 - a mistake of the caller
    if key is not None and (sent := _sent_before(key, held, who)) is not None:
        return sent
    activity = Activity(
        key=key,
        objection=objection.strip(),
        customer=held,
        contact=contact,
        opportunity=opportunity,
        member=who,
        channel=str(channel),
        direction=str(direction),
        at=at or timezone.now(),
        minutes=minutes,
        outcome=str(outcome),
        note=note.strip(),
        is_sample=held.is_sample,
    )
    _check(activity)
    activity.level_change = _moved(activity, moves_to, loses, by)
    activity.save()
    audit_record(
        by=by,
        action="activity.log",
        record=activity,
        changes=changed_values(activity, {}, KEPT) | {"customer": [None, held]},
    )
    if finishes is not None:
        follow_up_finish(follow_up=finishes, activity=activity, by=by)
    if next_step is not None:
        follow_up_plan(
            customer=held,
            due_on=next_step.due_on,
            due_at=next_step.due_at,
            channel=next_step.channel,
            purpose=next_step.purpose,
            opportunity=opportunity,
            contact=contact,
            is_promised=activity.outcome == Outcome.CALL_BACK,
            planned_with=activity,
            owner=held.owner or who,
            by=by,
        )
    return activity


def _sent_before(key: UUID, customer: Customer, who: Member) -> Activity | None:
    """What the key stands for already. The customer is locked: of two at once the second finds it."""
    sent: Activity | None = Activity.objects.filter(key=key).first()
    if sent is not None and (sent.customer_id, sent.member_id) != (customer.pk, who.pk):
        raise KeyTaken(_("This entry was kept already, for another customer."))
    return sent


def _moved(
    activity: Activity, to: Level | None, loses: str, by: Member | None
) -> LevelChange | None:
    """The move or the loss of the opportunity that the contact was about."""
    if to is None and not loses:
        return None
    if activity.opportunity is None:
        raise NotOfCustomer(_("Choose the opportunity that moves."))
    if to is None:
        return opportunity_close(
            opportunity=activity.opportunity,
            outcome=funnel.Outcome.LOST,
            by=by,
            reason=loses,
            at=activity.at,
        )
    return opportunity_move(
        opportunity=activity.opportunity, to=to, by=by, reason=activity.note[:500], at=activity.at
    )


@transaction.atomic
def activity_correct(*, activity: Activity, by: Member, **fields: object) -> Activity:
    """Set right what was written down wrongly; `fields` are those of the model, but the customer.

    Raises:
        NotPermitted: somebody else's.
        TooLate: more than 24 hours old.
        InTheFuture, NotOfCustomer: as `activity_log`.
    """
    held = _held_own(activity, by)
    before = values_of(held, KEPT)
    note, said = held.note, {name: getattr(held, name) for name in VERSIONED}
    for name, value in fields.items():
        setattr(held, name, value.strip() if isinstance(value, str) else value)
    _check(held)
    changes = changed_values(held, before)
    held.save(update_fields=list(fields))
    if was := {name: value for name, value in said.items() if value != getattr(held, name)}:
        ActivityVersion.objects.create(activity=held, before=was, by=by)
    audit_record(
        by=by,
        action="activity.correct",
        record=held,
        changes=changes,
        is_note_changed=held.note != note,
    )
    return held


@transaction.atomic
def activity_delete(*, activity: Activity, by: Member) -> None:
    """Take back what was written down by mistake; a step that it settled is open again.

    Raises:
        NotPermitted, TooLate: as `activity_correct`.
    """
    held = _held_own(activity, by)
    follow_ups_reopen(activity=held, by=by)
    audit_record(
        by=by,
        action="activity.delete",
        record=held,
        changes={
            **{name: [value, None] for name, value in values_of(held, KEPT).items()},
            "customer": [held.customer, None],
        },
    )
    held.delete()


def _held_own(activity: Activity, by: Member) -> Activity:
    customer_held(activity.customer, by)
    rows = Activity.objects.select_for_update(of=("self",)).prefetch_related("customer")
    held = rows.filter(pk=activity.pk).first()
    if held is None:
        raise DomainError(_("This activity was deleted meanwhile."))
    if held.member_id != by.pk:
        raise NotPermitted(_("Only %(member)s may correct this.") % {"member": held.member})
    if not may_correct(held, by):
        raise TooLate(
            _("After 24 hours an activity stays as it is: write a note about what was wrong.")
        )
    found: Activity = held
    return found


def _check(activity: Activity) -> None:
    organisation = Organisation.current()
    if organisation.day_of(activity.at) > organisation.today():
        raise InTheFuture(
            _("This day is still to come: choose today or earlier, or plan a next step.")
        )
    if activity.minutes is not None and activity.minutes > MOST_MINUTES:
        raise DomainError(_("That is longer than a day: give the minutes of this contact."))
    if len(activity.note) > MOST_CHARACTERS:
        words = _("The note has %(n)s characters: shorten it to %(most)s.")
        raise DomainError(words % {"n": len(activity.note), "most": MOST_CHARACTERS})
    _check_do_not_call(activity)
    named = (activity.contact, activity.opportunity)
    if any(one is not None and one.customer_id != activity.customer_id for one in named):
        raise NotOfCustomer(_("Choose a contact and an opportunity of this customer."))
    _clean(activity)


def _check_do_not_call(activity: Activity) -> None:
    """No call or text goes to who must not have any; what was before that, or sample, stays written."""
    is_sent = activity.direction == Direction.OUT and activity.channel in DISTURBING
    if activity.contact is None or activity.is_sample or not is_sent:
        return
    # As it is now: who set it held the customer too.
    rows = Contact.objects.filter(pk=activity.contact.pk).values_list("do_not_call_at", flat=True)
    since = rows.first()
    if since is not None and activity.at >= since:
        words = _(
            "%(contact)s must not be called or texted since %(since)s. Choose another way or person,"
            " or the time of a call before that."
        )
        raise DoNotCall(words % {"contact": activity.contact, "since": moment(since)})


def _clean(row: Activity) -> None:
    try:
        row.full_clean(
            exclude=["customer", "member", "contact", "opportunity", "is_contact"],
            validate_constraints=False,
        )
    except ValidationError as error:
        raise DomainError(" ".join(error.messages)) from error
