"""From import_deal into the real tables: opportunities, level changes, orders."""

from typing import Any

from django.db.backends.utils import CursorWrapper

from apps.core.models import Organisation
from apps.exchange.references import CHANGED_MEANWHILE, references_held
from apps.exchange.refusals import ImportRefused
from apps.members.models import Member

OPPORTUNITIES = """
INSERT INTO funnel_opportunity (
  id, external_id, name, customer_id, owner_id, team_id, held_since_on, line_id, product_id,
  level_id, level_since_on, state, value, opened_on, closed_on, loss_reason, is_sample, created_at)
SELECT opportunity_id, %(prefix)s || number, '', customer_id, owner_id,
  CASE WHEN outcome = '' THEN entry_team_id ELSE close_team_id END,
  CASE WHEN outcome <> '' AND entry_team_id <> close_team_id THEN closed_on ELSE entered_on END,
  line_id, product_id, level_id, entered_on,
  CASE WHEN outcome = '' THEN 'open' ELSE outcome END,
  value, entered_on, closed_on, '', false, now()
FROM import_deal WHERE is_new
"""
# The day's noon in the organisation's zone: the file knows days, no hours.
STEPS = """
INSERT INTO funnel_levelchange (
  opportunity_id, from_level_id, to_level_id, outcome, at, "on", is_dated, owner_id, team_id,
  value, by_id, reason, is_sample, recorded_at)
SELECT deal.opportunity_id, step.from_level_id, step.to_level_id, step.outcome,
  (step."on" + time '12:00') AT TIME ZONE %(zone)s, step."on", step.is_dated,
  deal.owner_id, step.team_id, step.value, %(by)s, '', false, now()
FROM import_deal AS deal
CROSS JOIN LATERAL (VALUES
  (deal.adds_entry, deal.known_level_id, deal.level_id, '', deal.entered_on, deal.is_dated,
   deal.entry_team_id, CASE WHEN deal.outcome = '' THEN deal.value END),
  (deal.adds_outcome, CASE WHEN deal.adds_entry THEN deal.level_id ELSE deal.known_level_id END,
   NULL, deal.outcome, deal.closed_on, true, deal.close_team_id, deal.value)
) AS step (is_new, from_level_id, to_level_id, outcome, "on", is_dated, team_id, value)
WHERE step.is_new
"""
# Who was moved to another team while the opportunity ran took it along, by its end at the latest.
HANDS = """
INSERT INTO funnel_ownerchange (
  opportunity_id, "on", at, from_owner_id, from_team_id, to_owner_id, to_team_id, by_id, kind,
  reason, is_sample, recorded_at)
SELECT opportunity_id, closed_on, (closed_on + time '12:00') AT TIME ZONE %(zone)s, owner_id,
  entry_team_id, owner_id, close_team_id, %(by)s, 'import', '', false, now()
FROM import_deal WHERE is_new AND outcome <> '' AND entry_team_id <> close_team_id
"""
ORDERS = """
INSERT INTO orders_order (
  number, opportunity_id, customer_id, line_id, product_id, member_id, team_id, ordered_on, value,
  is_sample, created_at)
SELECT number, opportunity_id, coalesce(customer_id, known_customer_id), line_id, product_id,
  owner_id, close_team_id, closed_on, value, false, now()
FROM import_deal WHERE adds_outcome AND outcome = 'won'
"""

# Known opportunities that the file completes or moves on. An empty cell takes nothing away, and
# a closed one keeps owner, team and value: its history is stamped with them.
WANTED = """
CREATE TEMP TABLE import_change AS
SELECT known.id, known.state AS was_state, known.level_id AS was_level_id,
  deal.adds_outcome,
  coalesce(deal.customer_id, known.customer_id) AS customer_id,
  deal.product_id, deal.line_id,
  CASE WHEN known.state = 'open' THEN deal.owner_id ELSE known.owner_id END AS owner_id,
  CASE
    WHEN known.state <> 'open' THEN known.team_id
    WHEN deal.adds_outcome THEN deal.close_team_id
    WHEN deal.adds_entry OR deal.owner_id <> known.owner_id THEN deal.entry_team_id
    ELSE known.team_id END AS team_id,
  CASE WHEN deal.adds_entry THEN deal.level_id ELSE known.level_id END AS level_id,
  CASE WHEN deal.adds_entry THEN deal.entered_on ELSE known.level_since_on END AS level_since_on,
  CASE WHEN deal.adds_outcome THEN deal.outcome ELSE known.state END AS state,
  CASE WHEN deal.adds_outcome THEN deal.closed_on ELSE known.closed_on END AS closed_on,
  CASE WHEN known.state = 'open' THEN coalesce(deal.value, known.value) ELSE known.value END
    AS value
FROM import_deal AS deal
JOIN funnel_opportunity AS known ON known.id = deal.opportunity_id
WHERE NOT deal.is_new;
DELETE FROM import_change AS wanted USING funnel_opportunity AS known
WHERE known.id = wanted.id
  AND (known.customer_id, known.product_id, known.line_id, known.owner_id, known.team_id,
       known.level_id, known.level_since_on, known.state, known.closed_on, known.value)
      IS NOT DISTINCT FROM
      (wanted.customer_id, wanted.product_id, wanted.line_id, wanted.owner_id, wanted.team_id,
       wanted.level_id, wanted.level_since_on, wanted.state, wanted.closed_on, wanted.value);
"""
HELD = """
SELECT count(*) FILTER (WHERE (held.state, held.level_id) IS DISTINCT FROM (was_state, was_level_id))
FROM (SELECT known.id, known.state, known.level_id, was_state, was_level_id
      FROM funnel_opportunity AS known JOIN import_change USING (id)
      ORDER BY known.id FOR UPDATE OF known) AS held
"""
# Another owner or team holds it from the step that names them on; without a step from today on, and
# never from before the last change of hands: what past days showed stays.
KNOWN_HANDS = """
INSERT INTO funnel_ownerchange (
  opportunity_id, "on", at, from_owner_id, from_team_id, to_owner_id, to_team_id, by_id, kind,
  reason, is_sample, recorded_at)
SELECT id, "on", ("on" + time '12:00') AT TIME ZONE %(zone)s, from_owner_id, from_team_id,
  to_owner_id, to_team_id, %(by)s, 'import', '', false, now()
FROM (
  SELECT known.id, 1 AS place, known.owner_id AS from_owner_id, known.team_id AS from_team_id,
    deal.owner_id AS to_owner_id, deal.entry_team_id AS to_team_id,
    greatest(known.held_since_on,
             CASE WHEN deal.adds_entry THEN deal.entered_on ELSE %(today)s END) AS "on"
  FROM import_change JOIN funnel_opportunity AS known USING (id)
  JOIN import_deal AS deal ON deal.opportunity_id = known.id
  WHERE known.state = 'open'
    AND (deal.adds_entry OR NOT deal.adds_outcome AND deal.owner_id <> known.owner_id)
  UNION ALL
  SELECT known.id, 2, CASE WHEN deal.adds_entry THEN deal.owner_id ELSE known.owner_id END,
    CASE WHEN deal.adds_entry THEN deal.entry_team_id ELSE known.team_id END,
    deal.owner_id, deal.close_team_id, greatest(known.held_since_on, deal.closed_on)
  FROM import_change JOIN funnel_opportunity AS known USING (id)
  JOIN import_deal AS deal ON deal.opportunity_id = known.id
  WHERE known.state = 'open' AND deal.adds_outcome
) AS step
WHERE (from_owner_id, from_team_id) <> (to_owner_id, to_team_id)
ORDER BY id, place
"""
CHANGES = """
UPDATE funnel_opportunity AS known SET
  customer_id = wanted.customer_id, product_id = wanted.product_id, line_id = wanted.line_id,
  owner_id = wanted.owner_id, team_id = wanted.team_id,
  held_since_on = coalesce(
    (SELECT max(hands."on") FROM funnel_ownerchange AS hands
     WHERE hands.opportunity_id = known.id), known.held_since_on),
  level_id = wanted.level_id,
  level_since_on = wanted.level_since_on, state = wanted.state, closed_on = wanted.closed_on,
  value = wanted.value
FROM import_change AS wanted WHERE known.id = wanted.id
"""
ORDER_CHANGES = """
UPDATE orders_order AS sale
SET customer_id = wanted.customer_id, product_id = wanted.product_id, line_id = wanted.line_id
FROM import_change AS wanted JOIN import_deal AS deal ON deal.opportunity_id = wanted.id
WHERE sale.opportunity_id = wanted.id AND sale.number = deal.number AND NOT wanted.adds_outcome
  AND (sale.customer_id, sale.product_id, sale.line_id)
      IS DISTINCT FROM (wanted.customer_id, wanted.product_id, wanted.line_id)
"""


def write_deals(cursor: CursorWrapper, *, prefix: str, by: Member | None) -> None:
    """Insert the new opportunities, every new step of a history, and an order for each win."""
    origin = _origin(by)
    with references_held(cursor):
        cursor.execute(OPPORTUNITIES, {"prefix": prefix})
        cursor.execute(STEPS, origin)
        cursor.execute(HANDS, origin)
        cursor.execute(ORDERS)


def _origin(by: Member | None) -> dict[str, Any]:
    organisation = Organisation.current()
    return {
        "zone": organisation.time_zone,
        "today": organisation.today(),
        "by": by.pk if by else None,
    }


def update_known(cursor: CursorWrapper, *, by: Member | None) -> tuple[int, int]:
    """Bring known opportunities and their orders to what the file says; how many of each changed.

    Raises:
        ImportRefused: somebody moved one of them since the rows were compared.
    """
    cursor.execute(WANTED)
    cursor.execute(HELD)
    if cursor.fetchone()[0]:
        raise ImportRefused(CHANGED_MEANWHILE)
    cursor.execute(KNOWN_HANDS, _origin(by))
    cursor.execute(CHANGES)
    opportunities = cursor.rowcount
    cursor.execute(ORDER_CHANGES)
    return opportunities, cursor.rowcount
