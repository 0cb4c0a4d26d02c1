"""Writing down what was done with a customer, and what comes next."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.activities.models import Activity, ActivityVersion, Direction, FollowUp, Outcome
from apps.activities.selectors import may_correct
from apps.core.errors import DomainError, NotPermitted
from apps.core.models import Organisation
from apps.core.services import audit_record, changed_values, values_of
from apps.customers.models import Channel, Contact, Customer
from apps.customers.writing import customer_held
from apps.funnel import models as funnel
from apps.funnel.models import Level, LevelChange, Opportunity
from apps.funnel.services import opportunity_close, opportunity_move
from apps.members.models import Member

MOST_MINUTES = 24 * 60
MOST_CHARACTERS = 10_000
# What the audit trail keeps of an activity: nobody can edit it, so no text that may be personal.
KEPT = ("channel", "direction", "at", "minutes", "outcome")
# What an earlier version keeps: here texts too, since a version goes with its activity.
VERSIONED = (*KEPT, "note", "objection", "contact_id", "opportunity_id")


class InTheFuture(DomainError):  # noqa: N818 - named for what is the case
    """An activity has happened; what is still to come is a next step."""


class NotOfCustomer(DomainError):  # noqa: N818 - named for what is the case
    """The contact or the opportunity belongs to another customer."""


class KeyTaken(DomainError):  # noqa: N818 - named for what is the case
    """A device's own number of a log stands for another one."""


class TooLate(DomainError):  # noqa: N818 - named for what is the case
    """It can't be corrected any more."""


class AlreadySettled(DomainError):  # noqa: N818 - named for what is the case
    """The next step is done or dropped already."""


@dataclass(frozen=True)
class NextStep:
    """What `activity_log` plans along with the activity, for the customer's owner."""

    due_on: date
    channel: Channel | str
    purpose: str


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
            channel=next_step.channel,
            purpose=next_step.purpose,
            opportunity=opportunity,
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
    FollowUp.objects.filter(done_by=held).update(done_at=None, done_by=None)
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
    named = (activity.contact, activity.opportunity)
    if any(one is not None and one.customer_id != activity.customer_id for one in named):
        raise NotOfCustomer(_("Choose a contact and an opportunity of this customer."))
    _clean(activity)


def _clean(row: Activity | FollowUp) -> None:
    try:
        row.full_clean(
            exclude=["customer", "member", "owner", "contact", "opportunity", "is_contact"],
            validate_constraints=False,
        )
    except ValidationError as error:
        raise DomainError(" ".join(error.messages)) from error


@transaction.atomic
def follow_up_plan(  # noqa: PLR0913 - all by name
    *,
    customer: Customer,
    due_on: date,
    channel: Channel | str,
    purpose: str,
    opportunity: Opportunity | None = None,
    owner: Member | None = None,
    by: Member | None,
) -> FollowUp:
    """Plan the next step with a customer: for its owner, else for `by`, or whoever is named.

    Raises:
        CustomerGone, NotPermitted: see `customer_held`.
        NotOfCustomer: an opportunity of another customer.
        DomainError: the day is over, no purpose, or an owner who may not change the customer.
    """
    held = customer_held(customer, by)
    who = owner or held.owner or by
    assert who is not None, "somebody takes the step"  # noqa: S101 - a mistake of the caller
    if due_on < Organisation.current().today():
        raise DomainError(_("This day is over: choose today or a later day."))
    if not purpose.strip():
        raise DomainError(_("Say what the next step is for: whoever takes it has to know."))
    if opportunity is not None and opportunity.customer_id != held.pk:
        raise NotOfCustomer(_("Choose a contact and an opportunity of this customer."))
    if who not in {by, held.owner} and not _may_change(held, who):
        words = _("%(member)s may not change this customer: choose somebody else.")
        raise DomainError(words % {"member": who})
    planned = FollowUp(
        customer=held,
        opportunity=opportunity,
        owner=who,
        due_on=due_on,
        channel=str(channel),
        purpose=purpose.strip(),
        is_sample=held.is_sample,
    )
    _clean(planned)
    planned.save()
    audit_record(
        by=by,
        action="followup.plan",
        record=planned,
        changes={
            "customer": [None, held],
            "owner": [None, who],
            "due_on": [None, due_on],
            "channel": [None, planned.channel],
        },
    )
    return planned


def _may_change(customer: Customer, member: Member) -> bool:
    return bool(Customer.objects.editable_by(member).filter(pk=customer.pk).exists())


@transaction.atomic
def follow_up_finish(*, follow_up: FollowUp, activity: Activity, by: Member | None) -> FollowUp:
    """The planned step was taken: by this activity.

    Raises:
        AlreadySettled: done or dropped meanwhile.
        NotOfCustomer: the activity was with another customer.
        CustomerGone, NotPermitted: see `customer_held`.
    """
    if activity.customer_id != follow_up.customer_id:
        raise NotOfCustomer(_("This next step is one with another customer."))
    held = _held_open(follow_up, by)
    held.done_at, held.done_by = timezone.now(), activity
    held.save(update_fields=["done_at", "done_by"])
    audit_record(
        by=by, action="followup.finish", record=held, changes={"done_at": [None, held.done_at]}
    )
    return held


@transaction.atomic
def follow_up_drop(*, follow_up: FollowUp, by: Member | None) -> FollowUp:
    """The planned step is not taken any more. Raises as `follow_up_finish`."""
    held = _held_open(follow_up, by)
    held.done_at = timezone.now()
    held.save(update_fields=["done_at"])
    audit_record(
        by=by, action="followup.drop", record=held, changes={"done_at": [None, held.done_at]}
    )
    return held


def _held_open(follow_up: FollowUp, by: Member | None) -> FollowUp:
    customer_held(follow_up.customer, by)
    held: FollowUp = FollowUp.objects.select_for_update().get(pk=follow_up.pk)
    if held.done_at is not None:
        raise AlreadySettled(_("This next step is done or dropped already."))
    return held


@transaction.atomic
def follow_ups_follow(
    *,
    customers: Iterable[int],
    to: Member | None,
    of: Member | None = None,
    by: Member | None = None,
) -> int:
    """Open steps go where their customers (ids) go; with None, to the pool, they are dropped.

    `of` names whose steps alone. Permission was asked by whatever moved the customers. How many
    steps changed.
    """
    rows = FollowUp.objects.select_for_update().filter(
        customer__in=list(customers), done_at__isnull=True
    )
    if of is not None:
        rows = rows.filter(owner=of)
    if to is not None:
        rows = rows.exclude(owner=to)
    found = list(rows.order_by("pk").values_list("pk", flat=True))
    if not found:
        return 0
    changes = {"done_at": timezone.now()} if to is None else {"owner": to}
    FollowUp.objects.filter(pk__in=found).update(**changes)
    audit_record(
        by=by,
        action="followup.follow",
        record=FollowUp,
        rows=found,
        changes={"owner": [None, to]} if to is not None else None,
        count=len(found),
    )
    return len(found)
