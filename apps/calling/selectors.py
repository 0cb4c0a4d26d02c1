"""Who may be called or texted at an instant, for one customer or for many at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Case, Value, When

from apps.activities.models import Activity, Direction, FollowUp, Outcome
from apps.calling.models import CallRules
from apps.calling.places import calendar_in, whereabouts
from apps.calling.rules import DISTURBING, Limits, Place, Refusal, check
from apps.core.calendars import WorkCalendar, current_calendar
from apps.core.models import Organisation
from apps.customers.models import Channel, Contact, Customer, DecisionRole
from apps.members.querysets import Viewer

# Calls that can still count: the longest day with the longest wait between two calls.
LOOK_BACK = timedelta(days=2)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Reach:
    """Whether somebody may be reached; `there` is their wall clock, `refusal` what is against it."""

    there: datetime
    # Told by a phone number; else the zone is the organisation's.
    is_zone_known: bool
    refusal: Refusal | None
    has_asked: bool
    limits: Limits

    @property
    def is_allowed(self) -> bool:
        return self.refusal is None

    @property
    def next_there(self) -> datetime | None:
        """From when on it is allowed, by the clock there; None if it is allowed, or never."""
        if self.refusal is None or self.refusal.next_at is None:
            return None
        return self.refusal.next_at.astimezone(self.there.tzinfo)


@dataclass(frozen=True)
class Firm:
    """What holds for all customers alike."""

    zone: ZoneInfo
    country: str
    calendar: WorkCalendar
    limits: Limits


@dataclass
class Facts:
    """What is known of a customer, as far as it matters to calls."""

    contacts: list[Contact] = field(default_factory=list)
    calls: list[datetime] = field(default_factory=list)
    # When they asked to be called back, if nobody has reached them since.
    asked_at: datetime | None = None
    # Days on which the next step is a call or a text.
    planned_on: set[date] = field(default_factory=set)


@dataclass(frozen=True)
class CallDesk:
    """Customers at an instant, read already: each answer from here costs no query."""

    now: datetime
    firm: Firm
    facts: Mapping[int, Facts]

    def reach(
        self, customer: int, *, contact: Contact | None = None, channel: Channel | str
    ) -> Reach:
        """Whether the customer (id) may be reached; by the contact's own number if one is given.

        Without a contact it is the customer's: do-not-call if every contact with a phone is so.
        """
        facts = self.facts.get(customer) or Facts()
        place, is_known = self._place(facts, contact)
        there = self.now.astimezone(place.zone)
        has_asked = _has_asked(facts, there)
        refusal = check(
            now=self.now,
            channel=str(channel),
            place=place,
            limits=self.firm.limits,
            has_asked=has_asked,
            is_do_not_call=_is_do_not_call(facts, contact),
        )
        return Reach(there, is_known, refusal, has_asked, self.firm.limits)

    def _place(self, facts: Facts, contact: Contact | None) -> tuple[Place, bool]:
        # Of the one to be called first, else of the colleagues.
        phones = [*_phones([contact] if contact else []), *_phones(_callable(facts.contacts))]
        found = whereabouts(phones, country=self.firm.country, year=self.now.year)
        zone = ZoneInfo(found.zone) if found.zone else self.firm.zone
        calendar = calendar_in(found.country or self.firm.country, self.firm.calendar)
        return Place(zone, calendar, tuple(facts.calls)), bool(found.zone)


def may_reach_now(
    *,
    customer: Customer,
    contact: Contact | None,
    channel: Channel | str,
    now: datetime,
    user: Viewer,
) -> Reach:
    """Whether the customer, or the contact there, may be called or texted now."""
    desk = call_desk([customer.pk], now=now, user=user)
    return desk.reach(customer.pk, contact=contact, channel=channel)


def call_desk(customers: Iterable[int], *, now: datetime, user: Viewer) -> CallDesk:
    """What matters to calls of the customers (ids), in a constant number of queries.

    Of customers that the user does not see nothing is known: their clock is the organisation's.
    """
    seen = Customer.objects.visible_to(user).filter(pk__in=list(customers)).order_by()
    ids = list(seen.values_list("pk", flat=True))
    facts: dict[int, Facts] = defaultdict(Facts)
    decides = Case(When(decision_role=DecisionRole.DECISION_MAKER, then=Value(0)), default=Value(1))
    contacts = Contact.objects.filter(customer__in=ids, deleted_at__isnull=True)
    for contact in contacts.order_by("customer", "is_former", decides, "name", "pk"):
        facts[contact.customer_id].contacts.append(contact)
    calls = Activity.objects.filter(
        customer__in=ids,
        channel=Channel.CALL,
        direction=Direction.OUT,
        at__gte=now - LOOK_BACK,
        at__lte=now,
    )
    for customer, at in calls.values_list("customer", "at"):
        facts[customer].calls.append(at)
    _note_what_was_asked(ids, facts, now)
    return CallDesk(now, _firm(), dict(facts))


def _note_what_was_asked(ids: list[int], facts: dict[int, Facts], now: datetime) -> None:
    last = Activity.objects.filter(customer__in=ids, is_contact=True, at__lte=now)
    rows = last.order_by("customer", "-at", "-pk").distinct("customer")
    for customer, outcome, at in rows.values_list("customer", "outcome", "at"):
        if outcome == Outcome.CALL_BACK:
            facts[customer].asked_at = at
    # A day more on both sides, since the customer's today may be another one.
    today = now.date()
    planned = FollowUp.objects.filter(
        customer__in=[pk for pk in ids if facts[pk].asked_at],
        done_at__isnull=True,
        channel__in=sorted(DISTURBING),
        due_on__range=(today - ONE_DAY, today + ONE_DAY),
    )
    for customer, due_on in planned.values_list("customer", "due_on"):
        facts[customer].planned_on.add(due_on)


def _has_asked(facts: Facts, there: datetime) -> bool:
    """They asked for a call: today, or one that is planned for today. Never for ever."""
    if facts.asked_at is None:
        return False
    today = there.date()
    return facts.asked_at.astimezone(there.tzinfo).date() == today or today in facts.planned_on


def _is_do_not_call(facts: Facts, contact: Contact | None) -> bool:
    if contact is not None:
        return contact.do_not_call_at is not None
    phoned = [one for one in facts.contacts if _phones([one])]
    return bool(phoned) and not _callable(phoned)


def _callable(contacts: Iterable[Contact]) -> list[Contact]:
    return [one for one in contacts if one.do_not_call_at is None]


def _phones(contacts: Iterable[Contact]) -> list[str]:
    return [phone for one in contacts for phone in (one.phone, *one.other_phones) if phone]


def _firm() -> Firm:
    organisation = Organisation.current()
    return Firm(
        organisation.zone,
        organisation.country,
        current_calendar(),
        CallRules.current().limits(),
    )
