"""Who may be called or texted at an instant, for one customer or for many at once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Case, Value, When

from apps.activities.models import Activity, Direction, FollowUp
from apps.activities.planning.days import zone_of
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
# So much before the time agreed on somebody may be called whatever the hour.
EARLY = timedelta(minutes=15)


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


@dataclass(frozen=True)
class Promise:
    """A call or text that a customer was promised: on a day, or at a time in the owner's zone."""

    contact: int | None
    on: date
    at: time | None
    zone: ZoneInfo

    def is_due(self, there: datetime) -> bool:
        """Whether its day is the one there; with a time, from shortly before it until midnight."""
        if self.at is None:
            return self.on == there.date()
        agreed = datetime.combine(self.on, self.at, self.zone).astimezone(UTC)
        is_that_day = agreed.astimezone(there.tzinfo).date() == there.date()
        return is_that_day and there.astimezone(UTC) >= agreed - EARLY


@dataclass
class Facts:
    """What is known of a customer, as far as it matters to calls."""

    contacts: list[Contact] = field(default_factory=list)
    calls: list[datetime] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)


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
        has_asked = _has_asked(facts, contact, there)
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
    firm = _firm()
    for customer, promise in _promises(ids, firm, now):
        facts[customer].promises.append(promise)
    return CallDesk(now, firm, dict(facts))


def _promises(ids: list[int], firm: Firm, now: datetime) -> Iterator[tuple[int, Promise]]:
    # Days more on both sides, since the customer's and the owner's today may be other ones.
    today = now.date()
    rows = FollowUp.objects.filter(
        customer__in=ids,
        is_promised=True,
        done_at__isnull=True,
        channel__in=sorted(DISTURBING),
        due_on__range=(today - 2 * ONE_DAY, today + 2 * ONE_DAY),
    )
    told = rows.values_list("customer", "contact", "due_on", "due_at", "owner__time_zone")
    for customer, contact, on, at, zone in told:
        yield customer, Promise(contact, on, at, zone_of(zone, firm.zone))


def _has_asked(facts: Facts, contact: Contact | None, there: datetime) -> bool:
    """A call or text was promised for now; to one contact it is no reason to call another."""
    return any(
        promise.is_due(there)
        for promise in facts.promises
        if contact is None or promise.contact in {None, contact.pk}
    )


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
