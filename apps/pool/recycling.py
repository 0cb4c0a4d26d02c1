"""The night's step: ends of holds, warnings, and customers that go to the pool.

In batches that commit, each of them idempotent: a run that is killed is simply run again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from django.db import connection, transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _

from apps.activities.services import follow_ups_follow
from apps.core.models import Organisation
from apps.customers.models import Customer, CustomerOwnerChange, CustomerOwnerChangeKind
from apps.customers.services import customers_assign
from apps.members.models import Member
from apps.members.notifications import notify
from apps.pool.clocks import Trigger, goes_on
from apps.pool.holds import holds_set
from apps.pool.models import HoldWarning
from apps.pool.states import BETWEEN, THESE, Rules, State, rules_now, states

DAY = timedelta(days=1)
BATCH = 5_000
# Up to so many customers an owner is told of each by itself, beyond that of their number.
TOLD_SINGLY = 3
# Warnings say nothing any more after a year.
WARNINGS_KEPT = timedelta(days=365)

# What of the batch asks for something to be done.
STIRRED = """
  hold_ends_on IS DISTINCT FROM CASE WHEN is_exempt THEN NULL ELSE goes_on END
  OR goes_on <= %(as_of)s OR due_on <= %(warn_by)s
"""
DUE = "goes_on <= %(as_of)s"
WARN = """
INSERT INTO pool_holdwarning (customer_id, owner_id, due_on, days, warned_on)
SELECT customer_id, owner_id, due_on, days, %(night)s
FROM unnest(%(customers)s::bigint[], %(owners)s::bigint[], %(due)s::date[], %(days)s::smallint[])
  AS told (customer_id, owner_id, due_on, days)
ON CONFLICT DO NOTHING
"""


def pool_recycle(*, as_of: date) -> int:
    """Bring the ends of holds up to date, warn, and recycle what ended by the day `as_of`.

    A hold lasts through its last day: the night after it takes the customer. Where recycling is
    switched off nobody is warned and nobody loses anything. How many rows it wrote.
    """
    rules = rules_now()
    if not rules.is_on:
        return _ends_forget()
    _warnings_forget(rules, as_of)
    written = 0
    for first, last in _batches():
        with transaction.atomic():
            written += _work(rules, as_of, first, last)
    with transaction.atomic():
        _tell_of_ends(rules, as_of + DAY)
        _tell_of_losses()
    return written


def reason_of(trigger: Trigger, days: int) -> str:
    """Why a customer went to the pool, as its history says it."""
    words = {
        Trigger.ACTIVITY: _("No activity within the time of the rule (%(days)s days)"),
        Trigger.PROGRESS: _("No opportunity moved up within the time of the rule (%(days)s days)"),
        Trigger.ORDER: _("No order within the time of the rule (%(days)s days)"),
    }
    return words[trigger] % {"days": days}


def _ends_forget() -> int:
    """While recycling is off no hold ends."""
    return Customer.objects.filter(hold_ends_on__isnull=False).update(hold_ends_on=None)


def _warnings_forget(rules: Rules, as_of: date) -> None:
    """Old ones, and those from before recycling was switched on of holds that ended meanwhile."""
    HoldWarning.objects.filter(warned_on__lt=as_of - WARNINGS_KEPT).delete()
    if rules.on_since is not None:
        before = HoldWarning.objects.filter(warned_on__lt=rules.on_since)
        before.filter(due_on__lt=rules.on_since).delete()


def _batches() -> Iterator[tuple[int, int]]:
    rows = Customer.objects.alive().filter(owner__isnull=False).order_by("pk")
    keys = list(rows.values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        yield batch[0], batch[-1]


def _work(rules: Rules, as_of: date, first: int, last: int) -> int:
    night = as_of + DAY
    longest = timedelta(days=max(rules.warning_days, default=-1))
    given = {"as_of": as_of, "warn_by": night + longest, "first": first, "last": last}
    found = states(rules, night=night, rows=BETWEEN, only=STIRRED, **given)
    due = [state.customer for state in found if state.goes_on and state.goes_on <= as_of]
    recycled = _recycle(rules, as_of, due)
    rest = [state for state in found if state.customer not in recycled]
    return len(recycled) + holds_set(rest) + _warn(rules, rest, night)


def _recycle(rules: Rules, as_of: date, due: Sequence[int]) -> set[int]:
    """Take what is due still once nobody can change it any more; the ids."""
    if not due:
        return set()
    locked = Customer.objects.select_for_update(no_key=True).filter(pk__in=due).order_by("pk")
    list(locked.values_list("pk", flat=True))
    still = states(rules, night=as_of + DAY, rows=THESE, only=DUE, ids=list(due), as_of=as_of)
    by_reason = defaultdict[tuple[Trigger, int], list[int]](list)
    for state in still:
        if state.trigger is not None and state.days is not None:
            by_reason[state.trigger, state.days].append(state.customer)
    with translation.override(Organisation.current().language):
        for (trigger, days), customers in sorted(by_reason.items()):
            customers_assign(
                customers=customers,
                to=None,
                reason=reason_of(trigger, days),
                kind=CustomerOwnerChangeKind.RECYCLE,
                by=None,
            )
            follow_ups_follow(customers=customers, to=None, by=None)
    return {pk for customers in by_reason.values() for pk in customers}


def _warn(rules: Rules, found: Iterable[State], night: date) -> int:
    """Write down the warnings that are due; the owners hear of them at the end of the night."""
    due = [(state, _warning_due(rules, state, night)) for state in found]
    told = [(state, days) for state, days in due if days is not None]
    if not told:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            WARN,
            {
                "customers": [state.customer for state, _days in told],
                "owners": [state.owner for state, _days in told],
                "due": [state.due_on for state, _days in told],
                "days": [days for _state, days in told],
                "night": night,
            },
        )
        return int(cursor.rowcount)


def _warning_due(rules: Rules, state: State, night: date) -> int | None:
    """Which of the warnings is due: of several the last, so that nobody hears the same twice."""
    if state.goes_on is None:
        return None
    left = (state.goes_on - night).days
    return min((days for days in rules.warning_days if left <= days), default=None)


def _tell_of_ends(rules: Rules, night: date) -> None:
    """Owners hear once of what they were warned of this night."""
    rows = HoldWarning.objects.filter(warned_on=night).order_by("pk")
    groups = defaultdict[tuple[int, date], list[tuple[int, int]]](list)
    for pk, customer, owner, due_on in rows.values_list("pk", "customer", "owner", "due_on"):
        last = goes_on(due_on, night=night, shortest=rules.shortest, warned_on=night)
        groups[owner, last or due_on].append((pk, customer))
    few = [pair for pairs in groups.values() if len(pairs) <= TOLD_SINGLY for pair in pairs]
    customers = Customer.objects.in_bulk([customer for _pk, customer in few])
    people = Member.objects.in_bulk({owner for owner, _last in groups})
    for (owner, last), pairs in groups.items():
        member = people[owner]
        if len(pairs) > TOLD_SINGLY:
            key = f"pool.ends_many:{last}:{pairs[-1][0]}"
            notify(members=[member], kind="pool.ends_many", key=key, ends_on=last,
                   count=len(pairs))  # fmt: skip
            continue
        for pk, customer in pairs:
            notify(members=[member], kind="pool.ends", key=f"pool.ends:{pk}",
                   record=customers[customer], ends_on=last, count=1)  # fmt: skip


def _tell_of_losses() -> None:
    """Owners hear once of what the night took from them."""
    today = Organisation.current().today()
    rows = CustomerOwnerChange.objects.filter(kind=CustomerOwnerChangeKind.RECYCLE, on=today)
    last = dict(rows.order_by().values_list("from_owner").annotate(last=Max("pk")))
    people = Member.objects.in_bulk(last)
    for pk, latest in last.items():
        lost = list(rows.filter(from_owner=pk).select_related("customer"))
        if len(lost) <= TOLD_SINGLY:
            for row in lost:
                notify(members=[people[pk]], kind="pool.recycled", key=f"pool.recycled:{row.pk}",
                       record=row.customer, reason=row.reason, count=1)  # fmt: skip
        else:
            notify(members=[people[pk]], kind="pool.recycled_many",
                   key=f"pool.recycled_many:{latest}", count=len(lost))  # fmt: skip
