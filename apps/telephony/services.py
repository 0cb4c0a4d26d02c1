"""Takes events of phone systems, and makes or completes the activity of a call that is over.

Everything about a call is written behind the lock of its row: two deliveries at the same moment
come one after the other. What is written follows from the events alone, not from their order.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from apps.activities.models import Activity, FollowUp, Outcome
from apps.activities.services import KEPT, activity_log
from apps.core.errors import DomainError
from apps.core.models import Organisation
from apps.core.services import audit_record, changed_values, values_of
from apps.customers.models import Channel, Customer
from apps.customers.normalising import phone_key
from apps.customers.writing import customer_held
from apps.members.models import Member
from apps.telephony.folding import Event, Facts, facts_of
from apps.telephony.models import CallEvent, CallProblem, PhoneCall, PhoneSystem
from apps.telephony.refusals import EventIdTaken
from apps.telephony.selectors import match_of, member_at

# Never changed: keys of activities are made with it.
NAMESPACE = UUID("5b0a7c3e-52d4-4f0e-9d0c-6f7d1f6a2b11")
# As far apart a call and what somebody wrote of it by hand may be.
BY_HAND = timedelta(minutes=10)
FIELDS = ("kind", "direction", "from_number", "to_number", "extension", "at")
# What an activity says of its call; of one that somebody wrote by hand, only the minutes.
OURS, THEIRS = ("at", "direction", "outcome", "minutes"), ("minutes",)


@transaction.atomic
def call_event_take(*, system: PhoneSystem, call_id: str, event: Event) -> bool:
    """Keep an event and bring its call up to date, both or nothing; False if it was seen before.

    Raises:
        EventIdTaken: the system has used this id for another event.
    """
    known = CallEvent.objects.filter(system=system, event_id=event.event_id).first()
    if known is not None:
        _check_same(known, call_id, event)
        return False
    call = _held(system, call_id, event)
    kept, is_new = CallEvent.objects.get_or_create(
        system=system,
        event_id=event.event_id,
        defaults={"call_id": call_id, **{name: getattr(event, name) for name in FIELDS}},
    )
    if not is_new:
        _check_same(kept, call_id, event)
        return False
    events = _events(call)
    others = [one for one in events if one.event_id != event.event_id]
    _follow(call, before=facts_of(others) if others else None, facts=facts_of(events))
    return True


def _check_same(known: CallEvent, call_id: str, event: Event) -> None:
    told = (call_id, *(getattr(event, name) for name in FIELDS))
    if (known.call_id, *(getattr(known, name) for name in FIELDS)) != told:
        words = _("The event id %(id)s was used for another event: give each event its own.")
        raise EventIdTaken(words % {"id": event.event_id})


def _held(system: PhoneSystem, call_id: str, event: Event) -> PhoneCall:
    made, _is_new = PhoneCall.objects.get_or_create(
        system=system, call_id=call_id, defaults={"at": event.at}
    )
    held: PhoneCall = PhoneCall.objects.select_for_update().get(pk=made.pk)
    return held


def _events(call: PhoneCall) -> list[Event]:
    rows = CallEvent.objects.filter(system=call.system_id, call_id=call.call_id)
    return [Event(*row) for row in rows.order_by("pk").values_list("event_id", *FIELDS)]


def call_facts(call: PhoneCall) -> Facts:
    """What its events say together."""
    return facts_of(_events(call))


def _follow(call: PhoneCall, *, before: Facts | None, facts: Facts) -> None:
    """Make the call, and what was written of it, what its events say now."""
    was = (call.member_id, call.number)
    call.state, call.direction, call.at = facts.state, facts.direction, facts.at
    call.started_at, call.answered_at = facts.started_at, facts.answered_at
    call.ended_at, call.talk_seconds = facts.ended_at, facts.talk_seconds
    # Who worked it off has said whose call it was; a customer without a number was erased.
    is_erased = call.customer_id is not None and not call.number
    if call.assigned_at is None and not is_erased:
        call.raw_number, call.extension = facts.raw_number, facts.extension
        country = Organisation.current().country
        call.number = phone_key(facts.raw_number, country=country)
        call.member = member_at(call.system, facts.extension)
    is_same = was == (call.member_id, call.number)
    is_decided = call.assigned_at is not None or call.dismissed_at is not None
    if is_decided or (call.customer_id is not None and is_same):
        _revise(call, before, facts)
    elif not facts.is_whole:
        call.problem = CallProblem.INCOMPLETE if facts.ended_at is not None else ""
    elif call.customer_id is None or _withdrawn(call, before):
        _match(call, facts)
    call.save()


def _match(call: PhoneCall, facts: Facts) -> None:
    """Find the customer and write the activity; where that can't be done, the call waits in the inbox."""
    found = match_of(call.number, call.member)
    call.customer, call.contact, call.problem = found.customer, found.contact, found.problem
    if call.customer is None:
        return
    try:
        with transaction.atomic():
            call.activity = activity_of_call(call, facts, by=None)
    except DomainError:
        # The customer went away this moment, say: somebody has to look at it.
        call.customer = call.contact = None
        call.problem = CallProblem.REFUSED


def activity_of_call(call: PhoneCall, facts: Facts, *, by: Member | None) -> Activity:
    """The call's activity: what its member wrote of it by hand, completed, or a new one."""
    assert call.customer is not None  # noqa: S101 - a mistake of the caller
    assert call.member is not None  # noqa: S101 - a mistake of the caller
    held = customer_held(call.customer, by)
    written = _by_hand(held, call.member, facts)
    if written is not None:
        if written.minutes is None and facts.minutes is not None:
            _changed(written, {"minutes": facts.minutes})
        return written
    said = _said(facts)
    return activity_log(
        customer=held,
        contact=call.contact,
        channel=Channel.CALL,
        direction=said["direction"],
        outcome=said["outcome"],
        at=said["at"],
        minutes=said["minutes"],
        key=key_of(call),
        member=call.member,
        by=by,
    )


def _by_hand(customer: Customer, member: Member, facts: Facts) -> Activity | None:
    """The nearest call that the member wrote down and that no other call of theirs has become.

    The customer is locked: of two calls at once the second finds it taken.
    """
    first, last = facts.at, facts.ended_at or facts.at
    taken = PhoneCall.objects.filter(customer=customer, activity__isnull=False)
    rows = Activity.objects.select_for_update().filter(
        customer=customer,
        member=member,
        channel=Channel.CALL,
        at__gte=first - BY_HAND,
        at__lte=last + BY_HAND,
    )
    found = list(rows.exclude(pk__in=taken.values("activity")))
    return min(found, key=lambda one: (abs(one.at - first), one.pk), default=None)


def key_of(call: PhoneCall) -> UUID:
    """By which the activity of a call is written once, whatever happens meanwhile."""
    return uuid5(NAMESPACE, f"{call.system_id}/{call.call_id}")


def _said(facts: Facts) -> dict[str, Any]:
    """What the activity says of the call."""
    started: datetime | None = facts.started_at
    return {
        "at": started or facts.at,
        "direction": facts.direction,
        "outcome": Outcome.REACHED if facts.was_answered else Outcome.NO_ANSWER,
        "minutes": facts.minutes,
    }


def _revise(call: PhoneCall, before: Facts | None, facts: Facts) -> None:
    """An event that came late changes what was written, as far as nobody has corrected it."""
    rows = Activity.objects.select_for_update().filter(pk=call.activity_id)
    activity = rows.first()
    if activity is None or before is None:
        return
    was, now = _said(before), _said(facts)
    fields = OURS if activity.key == key_of(call) else THEIRS
    _changed(
        activity,
        {
            name: now[name]
            for name in fields
            if was[name] != now[name] and getattr(activity, name) == was[name]
        },
    )


def _changed(activity: Activity, values: dict[str, Any]) -> None:
    if not values:
        return
    before = values_of(activity, values)
    for name, value in values.items():
        setattr(activity, name, value)
    activity.save(update_fields=list(values))
    changes = changed_values(activity, before)
    audit_record(by=None, action="activity.complete", record=activity, changes=changes)


def _withdrawn(call: PhoneCall, before: Facts | None) -> bool:
    """Take back what was written of a call that was somebody else's; False where people wrote in it."""
    activity = Activity.objects.select_for_update().filter(pk=call.activity_id).first()
    if activity is None or before is None:
        return False
    if activity.key == key_of(call):
        said = _said(before)
        is_touched = any(getattr(activity, name) != said[name] for name in OURS)
        if is_touched or activity.note or activity.versions.exists():
            return False
        _deleted(activity)
    call.activity = call.customer = call.contact = None
    return True


def _deleted(activity: Activity) -> None:
    FollowUp.objects.filter(done_by=activity).update(done_at=None, done_by=None)
    audit_record(
        by=None,
        action="activity.delete",
        record=activity,
        changes={
            **{name: [value, None] for name, value in values_of(activity, KEPT).items()},
            "customer": [activity.customer, None],
        },
    )
    activity.delete()
