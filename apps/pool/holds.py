"""`Customer.hold_ends_on`, brought to what the clocks say."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import connection

from apps.core.models import Organisation
from apps.pool.states import THESE, State, rules_now, states

DAY = timedelta(days=1)
# Only while the owner is the one that the clocks were read for; locks in the order of the keys.
SET_ENDS = """
WITH wanted AS (
  SELECT * FROM unnest(%(ids)s::bigint[], %(owners)s::bigint[], %(ends)s::date[])
    AS wanted (id, owner_id, ends_on)
), locked AS MATERIALIZED (
  SELECT c.id, w.ends_on FROM customers_customer c JOIN wanted w USING (id, owner_id)
  ORDER BY c.id FOR NO KEY UPDATE OF c
)
UPDATE customers_customer c SET hold_ends_on = locked.ends_on FROM locked WHERE c.id = locked.id
"""


def holds_refresh(customers: Iterable[int]) -> int:
    """Compute the ends of a few holds again (ids): after a claim, an activity, a level moved up.

    The night does it for all; in between an end may be too early, never wrong to whoever opens the
    customer, where it is computed anew.
    """
    ids = list(customers)
    if not ids:
        return 0
    rules = rules_now()
    if not rules.is_on:
        return 0
    night = Organisation.current().today() + DAY
    return holds_set(states(rules, night=night, rows=THESE, ids=ids))


def holds_set(found: Iterable[State]) -> int:
    """Write the ends that differ from what is written; how many."""
    changed = [state for state in found if state.stored_ends_on != state.hold_ends_on]
    if not changed:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            SET_ENDS,
            {
                "ids": [state.customer for state in changed],
                "owners": [state.owner for state in changed],
                "ends": [state.hold_ends_on for state in changed],
            },
        )
        return int(cursor.rowcount)
