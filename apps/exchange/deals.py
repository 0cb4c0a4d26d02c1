"""Opportunities of an import with their level changes and orders, set by set.

`import_row` (cells of the file) becomes `import_deal` (ids, what is new, what is wrong with it),
from which the real tables are written. A row says up to two things about an opportunity: that it
entered a level on a day, and that it was won or lost on a day. Those that the history doesn't
hold yet are appended; one that it contradicts rejects the row.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from apps.exchange.mapping import PipelineMap
from apps.exchange.refusals import ImportRefused
from apps.funnel.models import Level

DUPLICATES = """
INSERT INTO import_reject (kind, line, field, value, code, detail)
SELECT 'opportunities', row.line, 'id', row.id, 'duplicate', twice.first::text
FROM import_row AS row
JOIN (SELECT id, min(line) AS first FROM import_row GROUP BY id HAVING count(*) > 1) AS twice
  ON twice.id = row.id AND twice.first < row.line
"""
DROP_DUPLICATES = """
DELETE FROM import_row
WHERE line IN (SELECT line FROM import_reject WHERE kind = 'opportunities' AND code = 'duplicate')
"""
DEALS = """
CREATE TEMP TABLE import_deal AS
SELECT deal.*,
  CASE
    WHEN owner_id IS NULL THEN 'unknown_member'
    WHEN product_id IS NULL THEN 'unknown_product'
    WHEN customer_id IS NULL AND customer IS NOT NULL THEN 'unknown_customer'
    WHEN outcome <> '' AND NOT is_dated THEN 'closed_without_entry'
    WHEN outcome <> '' AND closed_on IS NULL THEN 'closed_without_date'
    WHEN outcome = '' AND closed_on IS NOT NULL THEN 'open_but_closed'
    WHEN closed_on < entered_on THEN 'closed_before_entry'
    WHEN outcome = 'won' AND value IS NULL THEN 'won_without_value'
    WHEN entry_team_id IS NULL OR (outcome <> '' AND close_team_id IS NULL) THEN 'no_team'
  END AS problem,
  NULL::text AS detail
FROM (
  SELECT row.line, row.id AS number, row.customer,
    level.id AS level_id, level.outcome,
    row.entered_on IS NOT NULL AS is_dated,
    coalesce(row.entered_on, %(snapshot)s::date) AS entered_on,
    row.closed_on,
    CASE WHEN level.outcome = 'lost' THEN nullif(row.value, 0) ELSE row.value END AS value,
    owner.id AS owner_id,
    at_entry.team_id AS entry_team_id,
    at_close.team_id AS close_team_id,
    product.id AS product_id, product.line_id,
    client.id AS customer_id,
    coalesce(known.id, nextval(%(sequence)s::regclass)) AS opportunity_id,
    known.id IS NULL AS is_new,
    known.level_id AS known_level_id, known.state AS known_state,
    known.customer_id AS known_customer_id,
    true AS adds_entry,
    level.outcome <> '' AS adds_outcome
  FROM import_row AS row
  LEFT JOIN unnest(%(stages)s::text[], %(levels)s::bigint[], %(outcomes)s::text[])
    AS level (stage, id, outcome) ON level.stage = row.stage
  LEFT JOIN (SELECT id, substr(external_id, %(key)s) AS name FROM members_member
             WHERE starts_with(external_id, %(prefix)s)) AS owner ON owner.name = row.member
  LEFT JOIN members_membership AS at_entry
    ON at_entry.member_id = owner.id AND at_entry.is_primary
    AND at_entry.starts_on <= coalesce(row.entered_on, %(snapshot)s::date)
    AND (at_entry.ends_on IS NULL OR at_entry.ends_on > coalesce(row.entered_on, %(snapshot)s::date))
  LEFT JOIN members_membership AS at_close
    ON at_close.member_id = owner.id AND at_close.is_primary
    AND at_close.starts_on <= row.closed_on
    AND (at_close.ends_on IS NULL OR at_close.ends_on > row.closed_on)
  LEFT JOIN (SELECT id, line_id, written
             FROM (SELECT DISTINCT product AS written FROM import_row) AS names
             JOIN products_product ON lower(name) = lower(written)) AS product
    ON product.written = row.product
  LEFT JOIN (SELECT id, substr(external_id, %(key)s) AS name FROM customers_customer
             WHERE starts_with(external_id, %(prefix)s)) AS client ON client.name = row.customer
  LEFT JOIN funnel_opportunity AS known ON known.external_id = %(prefix)s || row.id
) AS deal
"""
# What the recorded history says about the rows that are known already.
COMPARE = """
UPDATE import_deal AS deal SET
  adds_entry = known.state = 'open' AND NOT past.knows_entry,
  adds_outcome = known.state = 'open' AND deal.outcome <> '',
  problem = said.problem,
  detail = said.detail
FROM import_deal AS row
JOIN funnel_opportunity AS known ON known.id = row.opportunity_id
JOIN members_member AS credited ON credited.id = known.owner_id
CROSS JOIN LATERAL (
  SELECT max(change."on") AS last_on,
    coalesce(bool_or(change.to_level_id = row.level_id AND (
      NOT row.is_dated OR change.is_dated AND change."on" = row.entered_on)), false) AS knows_entry,
    min(change."on") FILTER (
      WHERE change.to_level_id = row.level_id AND change.is_dated) AS entered_on
  FROM funnel_levelchange AS change WHERE change.opportunity_id = known.id
) AS past
CROSS JOIN LATERAL (
  SELECT CASE
    WHEN known.state <> 'open' AND row.outcome = '' AND known.closed_on > %(as_of)s
      AND past.knows_entry THEN NULL
    WHEN known.state <> 'open' AND (row.outcome <> known.state OR row.closed_on <> known.closed_on)
      THEN ARRAY['history_closed', known.closed_on::text]
    WHEN NOT past.knows_entry AND (known.state <> 'open' OR past.entered_on IS NOT NULL)
      THEN ARRAY['history_entry', coalesce(past.entered_on, past.last_on)::text]
    WHEN known.state <> 'open' AND known.owner_id <> row.owner_id
      THEN ARRAY['history_member', credited.name]
    WHEN known.state = 'won' AND known.value <> row.value
      THEN ARRAY['history_value', known.value::text]
    WHEN known.state <> 'open' THEN NULL
    WHEN NOT past.knows_entry AND (NOT row.is_dated OR row.entered_on < past.last_on)
      THEN ARRAY['history_entry', past.last_on::text]
    WHEN row.outcome <> '' AND row.closed_on < past.last_on
      THEN ARRAY['history_entry', past.last_on::text]
  END
) AS checked (fault)
CROSS JOIN LATERAL (SELECT checked.fault[1], checked.fault[2]) AS said (problem, detail)
WHERE deal.line = row.line AND NOT row.is_new AND row.problem IS NULL
"""
NUMBER_TAKEN = """
UPDATE import_deal AS deal SET problem = 'number_taken'
FROM orders_order AS taken
WHERE taken.number = deal.number AND deal.adds_outcome AND deal.outcome = 'won'
  AND deal.problem IS NULL
"""
REJECT = """
INSERT INTO import_reject (kind, line, field, value, code, detail)
SELECT 'opportunities', deal.line, place.field,
  CASE place.field
    WHEN 'member' THEN row.member WHEN 'product' THEN row.product WHEN 'customer' THEN row.customer
    WHEN 'entered_on' THEN row.entered_on::text WHEN 'closed_on' THEN row.closed_on::text
    WHEN 'value' THEN row.value::text WHEN 'stage' THEN row.stage ELSE row.id END,
  deal.problem,
  CASE deal.problem
    WHEN 'closed_before_entry' THEN deal.entered_on::text
    WHEN 'no_team' THEN
      (CASE WHEN deal.entry_team_id IS NULL THEN deal.entered_on ELSE deal.closed_on END)::text
    ELSE deal.detail END
FROM import_deal AS deal
JOIN import_row AS row ON row.line = deal.line
JOIN unnest(%(codes)s::text[], %(fields)s::text[]) AS place (code, field)
  ON place.code = deal.problem
"""
FIELD_OF = {
    "unknown_member": "member",
    "unknown_product": "product",
    "unknown_customer": "customer",
    "closed_without_entry": "entered_on",
    "closed_without_date": "closed_on",
    "open_but_closed": "closed_on",
    "closed_before_entry": "closed_on",
    "won_without_value": "value",
    "no_team": "member",
    "number_taken": "id",
    "history_entry": "entered_on",
    "history_closed": "stage",
    "history_value": "value",
    "history_member": "member",
}
TALLY = """
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new),
  count(*) + count(*) FILTER (WHERE outcome <> ''),
  count(*) FILTER (WHERE adds_entry) + count(*) FILTER (WHERE adds_outcome),
  count(*) FILTER (WHERE outcome = 'won'),
  count(*) FILTER (WHERE outcome = 'won' AND adds_outcome),
  count(*) FILTER (WHERE customer_id IS NULL AND known_customer_id IS NULL)
FROM import_deal WHERE problem IS NULL
"""


@dataclass(frozen=True)
class Tally:
    """What the good rows say: opportunities, level changes (steps), orders."""

    new: int
    known: int
    steps: int
    new_steps: int
    orders: int
    new_orders: int
    without_customer: int


class Deals:
    """The rows of the pipeline file of one import."""

    def __init__(
        self, cursor: CursorWrapper, layout: PipelineMap, *, snapshot: date, as_of: date
    ) -> None:
        self.cursor, self.layout = cursor, layout
        self.snapshot, self.as_of = snapshot, as_of
        self.prefix = f"{layout.source}:"

    def resolve(self) -> Tally:
        """Make import_deal and put every row aside that can't be used."""
        self.cursor.execute(DUPLICATES)
        if self.cursor.rowcount:
            self.cursor.execute(DROP_DUPLICATES)
        self.cursor.execute(DEALS, self._parameters())
        self.cursor.execute("SELECT EXISTS (SELECT FROM import_deal WHERE NOT is_new)")
        self.has_known = self.cursor.fetchone()[0]
        if self.has_known:
            self.cursor.execute(COMPARE, {"as_of": self.as_of})
        self.cursor.execute(NUMBER_TAKEN)
        self.cursor.execute(REJECT, {"codes": list(FIELD_OF), "fields": list(FIELD_OF.values())})
        if self.cursor.rowcount:
            self.cursor.execute("DELETE FROM import_deal WHERE problem IS NOT NULL")
        self.cursor.execute(TALLY)
        return Tally(*self.cursor.fetchone())

    def _parameters(self) -> dict[str, Any]:
        ids = dict(Level.objects.filter(pipeline__is_default=True).values_list("code", "pk"))
        wanted = dict.fromkeys([*self.layout.stages.values(), self.layout.pipeline.enters])
        unknown = [stage for stage in wanted if stage not in ids and stage not in ("won", "lost")]
        if unknown or self.layout.pipeline.enters not in ids:
            what = ", ".join(unknown) or self.layout.pipeline.enters
            problem = f"the map leads to a level that the default pipeline doesn't have: {what}"
            raise ImportRefused(problem)
        enters = ids[self.layout.pipeline.enters]
        self.cursor.execute("SELECT pg_get_serial_sequence('funnel_opportunity', 'id')")
        return {
            "sequence": self.cursor.fetchone()[0],
            "snapshot": self.snapshot,
            "prefix": self.prefix,
            "key": len(self.prefix) + 1,
            "stages": list(wanted),
            "levels": [ids.get(stage, enters) for stage in wanted],
            "outcomes": [stage if stage in ("won", "lost") else "" for stage in wanted],
        }
