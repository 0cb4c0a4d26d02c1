"""Next steps with customers: planning, moving, handing over and settling them."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.activities.models import (
    Activity,
    FollowUp,
    FollowUpChange,
    FollowUpChangeKind,
    Task,
)
from apps.activities.planning.days import is_passed, zone_of
from apps.activities.planning.errors import AlreadySettled, DayIsOver, NotOfCustomer
from apps.activities.planning.series import Repeats, next_of_series
from apps.core.errors import DomainError
from apps.core.models import Organisation
from apps.core.services import audit_record, changed_values, values_of
from apps.customers.models import Channel, Contact, Customer
from apps.customers.writing import customer_held
from apps.funnel.models import Opportunity
from apps.members.models import Member
from apps.members.notifications import notify

# What the audit trail keeps of a next step: no text that may be personal.
KEPT = ("due_on", "due_at", "channel", "is_promised", "repeats")
LONGEST_REASON = 500
FARTHEST = timedelta(days=3653)


@transaction.atomic
def follow_up_plan(  # noqa: PLR0913 - all by name
    *,
    customer: Customer,
    due_on: date,
    channel: Channel | str,
    purpose: str,
    opportunity: Opportunity | None = None,
    owner: Member | None = None,
    due_at: time | None = None,
    contact: Contact | None = None,
    is_promised: bool = False,
    repeats: Repeats | str = Repeats.NONE,
    planned_with: Activity | None = None,
    by: Member | None,
) -> FollowUp:
    """Plan the next step with a customer: for its owner, else for `by`, or whoever is named.

    `due_at` is a time of day in the owner's zone. A step that `repeats` is counted from `due_on`.
    `planned_with` is the log of the contact that planned it.

    Raises:
        CustomerGone, NotPermitted: see `customer_held`.
        NotOfCustomer: an opportunity or a contact of another customer.
        DayIsOver: the day is over.
        DomainError: no purpose, or an owner who may not change the customer.
    """
    held = customer_held(customer, by)
    who = owner or held.owner or by
    assert who is not None, "somebody takes the step"  # noqa: S101 - a mistake of the caller
    check_ahead(due_on, who)
    if who not in {by, held.owner}:
        _check_may_change(held, who)
    planned = FollowUp(
        customer=held,
        opportunity=opportunity,
        contact=contact,
        owner=who,
        due_on=due_on,
        due_at=due_at,
        channel=str(channel),
        purpose=purpose.strip(),
        is_promised=is_promised,
        repeats=str(repeats),
        first_on=None if repeats == Repeats.NONE else due_on,
        planned_with=planned_with,
        is_sample=held.is_sample,
    )
    _check(planned)
    planned.save()
    _record_plan(planned, by)
    return planned


def _record_plan(planned: FollowUp, by: Member | None) -> None:
    audit_record(
        by=by,
        action="followup.plan",
        record=planned,
        changes={
            "customer": [None, planned.customer],
            "owner": [None, planned.owner],
            "due_on": [None, planned.due_on],
            "channel": [None, planned.channel],
        },
    )


def now_of(member: Member) -> datetime:
    """This moment in the member's zone."""
    return timezone.now().astimezone(zone_of(member.time_zone, Organisation.current().zone))


def check_ahead(day: date, who: Member, at: time | None = None) -> None:
    """Refuse a day that is over for the member, and one beyond ten years.

    With `at` also a time of today that has passed.
    """
    today = min(Organisation.current().today(), now_of(who).date())
    if day < today:
        raise DayIsOver(_("This day is over: choose today or a later day."))
    if day - today > FARTHEST:
        raise DomainError(_("This day is more than ten years away: choose an earlier one."))
    if at is not None and is_passed(day, at, now=now_of(who)):
        raise DayIsOver(_("This time has passed: choose a later one."))


def _check(row: FollowUp) -> None:
    if not row.purpose:
        raise DomainError(_("Say what the next step is for: whoever takes it has to know."))
    named = (row.contact, row.opportunity)
    if any(one is not None and one.customer_id != row.customer_id for one in named):
        raise NotOfCustomer(_("Choose a contact and an opportunity of this customer."))
    clean(row, "customer", "owner", "contact", "opportunity", "follows")


def clean(row: FollowUp | Task, *relations: str) -> None:
    """What the fields themselves refuse, as a refusal of the domain."""
    try:
        row.full_clean(exclude=relations, validate_constraints=False)
    except ValidationError as error:
        raise DomainError(" ".join(error.messages)) from error


def _may_change(customer: Customer, member: Member) -> bool:
    return bool(Customer.objects.editable_by(member).filter(pk=customer.pk).exists())


def _check_may_change(customer: Customer, member: Member) -> None:
    if not member.is_active or not _may_change(customer, member):
        words = _("%(member)s may not change this customer: choose somebody else.")
        raise DomainError(words % {"member": member})


def reason_given(reason: str) -> str:
    """The reason without blanks around it. Raises DomainError without one, or if it is too long."""
    told = reason.strip()
    if not told:
        raise DomainError(_("Say why: it stands in the history."))
    return _short(told)


def _short(told: str) -> str:
    if len(told) > LONGEST_REASON:
        words = _("The reason has %(n)s characters: shorten it to %(most)s.")
        raise DomainError(words % {"n": len(told), "most": LONGEST_REASON})
    return told


@transaction.atomic
def follow_up_snooze(
    *, follow_up: FollowUp, due_on: date, due_at: time | None = None, reason: str, by: Member
) -> FollowUp:
    """Put the step off to another day or time; a series is counted as before.

    Raises:
        AlreadySettled, CustomerGone, NotPermitted: as `follow_up_finish`.
        DayIsOver: the day, or the time of today, lies in the past of the owner.
        DomainError: no reason, or nothing changes.
    """
    told = reason_given(reason)
    held = _held_open(follow_up, by)
    if (due_on, due_at) == (held.due_on, held.due_at):
        raise DomainError(_("It is due then already: choose another day or time."))
    check_ahead(due_on, held.owner, due_at)
    _changed(held, by, FollowUpChangeKind.SNOOZED, told, {"due_on": due_on, "due_at": due_at})
    return held


@transaction.atomic
def follow_up_reassign(
    *, follow_up: FollowUp, to: Member, reason: str = "", by: Member
) -> FollowUp:
    """Give the step to somebody who may change the customer; they are told unless it is `by`.

    Raises:
        AlreadySettled, CustomerGone, NotPermitted: as `follow_up_finish`.
        DomainError: it is theirs already, or they may not change the customer.
    """
    told = _short(reason.strip())
    held = _held_open(follow_up, by)
    if held.owner_id == to.pk:
        raise DomainError(_("%(member)s has it already.") % {"member": to})
    _check_may_change(held.customer, to)
    change = _changed(held, by, FollowUpChangeKind.REASSIGNED, told, {"owner": to})
    notify(
        members=[to],
        kind="followup.received",
        key=f"followup.received:{change.pk}",
        record=held.customer,
        by=by,
        due_on=held.due_on,
    )
    return held


@transaction.atomic
def follow_up_edit(*, follow_up: FollowUp, by: Member, **fields: object) -> FollowUp:
    """Set a planned step right; `fields` are those of the model, but customer and owner.

    With another day or rhythm a series is counted anew, from the day that it has then.

    Raises:
        AlreadySettled, CustomerGone, NotPermitted: as `follow_up_finish`.
        DayIsOver, NotOfCustomer, DomainError: as `follow_up_plan`.
    """
    held = _held_open(follow_up, by)
    before = (held.due_on, held.repeats)
    for name, value in fields.items():
        fields[name] = value.strip() if isinstance(value, str) else value
    if all(getattr(held, name) == value for name, value in fields.items()):
        return held
    asked = fields.get("due_on", held.due_on)
    assert isinstance(asked, date)  # noqa: S101 - for the type checker
    if asked != held.due_on:
        check_ahead(asked, held.owner)
    repeats = fields.get("repeats", held.repeats)
    if (asked, repeats) != before:
        fields["first_on"] = None if repeats == Repeats.NONE else asked
    _changed(held, by, FollowUpChangeKind.EDITED, "", fields)
    return held


DEEDS = {
    FollowUpChangeKind.SNOOZED: "snooze",
    FollowUpChangeKind.REASSIGNED: "reassign",
    FollowUpChangeKind.EDITED: "edit",
}


def _changed(
    held: FollowUp,
    by: Member,
    kind: FollowUpChangeKind,
    reason: str,
    fields: dict[str, object],
) -> FollowUpChange:
    """Write the fields, what they were before, and the entry of the audit trail."""
    before = values_of(held, KEPT)
    was, day, at = held.owner, held.due_on, held.due_at
    for name, value in fields.items():
        setattr(held, name, value)
    _check(held)
    held.save(update_fields=list(fields))
    changes = changed_values(held, before)
    if held.owner_id != was.pk:
        changes |= {"owner": [was, held.owner]}
    audit_record(by=by, action=f"followup.{DEEDS[kind]}", record=held, changes=changes)
    return FollowUpChange.objects.create(
        follow_up=held,
        kind=kind,
        from_on=day,
        to_on=held.due_on,
        from_at=at,
        to_at=held.due_at,
        from_owner=was,
        to_owner=held.owner,
        reason=reason,
        by=by,
        is_sample=held.is_sample,
    )


@transaction.atomic
def follow_up_finish(*, follow_up: FollowUp, activity: Activity, by: Member | None) -> FollowUp:
    """The planned step was taken: by this activity. Of a series the next one is planned.

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
    _plan_next(held, by)
    return held


@transaction.atomic
def follow_up_drop(
    *, follow_up: FollowUp, ends_series: bool = False, by: Member | None
) -> FollowUp:
    """The planned step is not taken any more. Of a series the next one is planned, unless it ends.

    Raises as `follow_up_finish`.
    """
    held = _held_open(follow_up, by)
    held.done_at = timezone.now()
    held.save(update_fields=["done_at"])
    audit_record(
        by=by, action="followup.drop", record=held, changes={"done_at": [None, held.done_at]}
    )
    if not ends_series:
        _plan_next(held, by)
    return held


def _held_open(follow_up: FollowUp, by: Member | None) -> FollowUp:
    customer_held(follow_up.customer, by)
    held: FollowUp = FollowUp.objects.select_for_update().get(pk=follow_up.pk)
    if held.done_at is not None:
        raise AlreadySettled(_("This next step is done or dropped already."))
    return held


def _plan_next(settled: FollowUp, by: Member | None) -> None:
    """The following step of a series, once: a step that was open again has it already.

    It goes to who had this one, or if they can't take it any more, to the customer's owner.
    """
    after = max(settled.due_on, Organisation.current().today())
    first = settled.first_on or settled.due_on
    due_on = next_of_series(settled.repeats, first=first, after=after)
    if due_on is None or FollowUp.objects.filter(follows=settled).exists():
        return
    had, customer = settled.owner, settled.customer
    stays = had.is_active and _may_change(customer, had)
    owner = had if stays else customer.owner
    if owner is None:
        return
    copied = ("opportunity_id", "contact_id", "due_at", "channel", "purpose", "repeats")
    planned = FollowUp(
        customer=customer,
        owner=owner,
        due_on=due_on,
        first_on=first,
        follows=settled,
        is_sample=settled.is_sample,
        **{name: getattr(settled, name) for name in copied},
    )
    planned.save()
    _record_plan(planned, by)


def follow_ups_reopen(*, activity: Activity, by: Member) -> None:
    """Steps that the activity settled are open again; what was planned after them alone goes."""
    reopened = FollowUp.objects.filter(done_by=activity)
    after = FollowUp.objects.filter(follows__in=reopened, done_at__isnull=True)
    gone = list(after.filter(changes=None).order_by("pk"))
    for one in gone:
        audit_record(by=by, action="followup.unplan", record=one)
    FollowUp.objects.filter(pk__in=[one.pk for one in gone]).delete()
    reopened.update(done_at=None, done_by=None)


@transaction.atomic
def follow_ups_follow(
    *,
    customers: Iterable[int],
    to: Member | None,
    of: Member | None = None,
    by: Member | None = None,
) -> int:
    """Open steps go where their customers (ids) go; with None, to the pool, they are dropped.

    `of` names whose steps alone. Permission was asked by whatever moved the customers. A series that
    is dropped ends. How many steps changed.
    """
    rows = FollowUp.objects.select_for_update().filter(
        customer__in=list(customers), done_at__isnull=True
    )
    if of is not None:
        rows = rows.filter(owner=of)
    if to is not None:
        rows = rows.exclude(owner=to)
    steps = list(rows.only("owner_id", "due_on", "due_at", "is_sample").order_by("pk"))
    if not steps:
        return 0
    found = [one.pk for one in steps]
    changes = {"done_at": timezone.now()} if to is None else {"owner": to}
    FollowUp.objects.filter(pk__in=found).update(**changes)
    if to is not None:
        FollowUpChange.objects.bulk_create(_followed(one, to, by) for one in steps)
    audit_record(
        by=by,
        action="followup.follow",
        record=FollowUp,
        rows=found,
        changes={"owner": [None, to]} if to is not None else None,
        count=len(found),
    )
    return len(found)


def _followed(step: FollowUp, to: Member, by: Member | None) -> FollowUpChange:
    return FollowUpChange(
        follow_up=step,
        kind=FollowUpChangeKind.REASSIGNED,
        from_on=step.due_on,
        to_on=step.due_on,
        from_at=step.due_at,
        to_at=step.due_at,
        from_owner_id=step.owner_id,
        to_owner=to,
        by=by,
        is_sample=step.is_sample,
    )
