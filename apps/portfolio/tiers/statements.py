"""The statements of the tier run. What they do is said in words by `ranking` and `hysteresis`.

One read of the orders and the customers finds every tier; the night, what-if and the command share it.
"""

# sold: what each customer's orders of the window come to. ranked: the rated, the best first.
# placed: their tier by the rule. found: every customer alive; by the score where never an order came.
FOUND = """
WITH sold AS (
  SELECT customer_id, sum(value) AS revenue, sum(value - coalesce(cost, 0)) AS worth,
         count(*)::int AS orders, (count(*) - count(cost))::int AS orders_without_cost
  FROM orders_order
  WHERE ordered_on > %(after)s AND ordered_on <= %(as_of)s AND customer_id IS NOT NULL
  GROUP BY customer_id
), ranked AS (
  SELECT s.*, (row_number() OVER place)::int AS rank, (count(*) OVER ())::int AS rated,
         sum(greatest(s.worth, 0)) OVER (place ROWS UNBOUNDED PRECEDING) AS upto,
         sum(greatest(s.worth, 0)) OVER () AS total
  FROM sold s JOIN customers_customer c ON c.id = s.customer_id AND c.deleted_at IS NULL
  WINDOW place AS (ORDER BY s.worth DESC, c.created_at, c.id)
), placed AS (
  SELECT ranked.*, upto / nullif(total, 0) AS share,
         CASE WHEN NOT %(by_count)s AND worth <= 0 THEN 'C'
              WHEN rank = 1 AND worth > 0 THEN 'A'
              WHEN CASE WHEN %(by_count)s THEN rank ELSE upto END
                   <= %(a)s * CASE WHEN %(by_count)s THEN rated ELSE total END THEN 'A'
              WHEN CASE WHEN %(by_count)s THEN rank ELSE upto END
                   <= %(b)s * CASE WHEN %(by_count)s THEN rated ELSE total END THEN 'B'
              ELSE 'C' END AS tier
  FROM ranked
), scored AS (
  SELECT c.id AS customer_id,
         CASE WHEN c.potential_score < %(minimum)s OR c.screening = 'parked' THEN 'C'
              WHEN c.potential_score >= %(a_from)s THEN 'A' ELSE 'B' END AS tier
  FROM customers_customer c
  WHERE c.potential_score IS NOT NULL AND c.deleted_at IS NULL AND NOT EXISTS (
    SELECT FROM orders_order o WHERE o.customer_id = c.id AND o.ordered_on <= %(as_of)s)
), found AS (
  SELECT c.id AS customer_id, c.is_sample, c.tier AS was, c.is_tier_provisional AS was_provisional,
         p.worth, p.revenue, coalesce(p.orders, 0) AS orders,
         coalesce(p.orders_without_cost, 0) AS orders_without_cost,
         CASE WHEN p.orders IS NULL THEN '' WHEN p.orders_without_cost = 0 THEN 'profit'
              WHEN p.orders_without_cost = p.orders THEN 'revenue' ELSE 'mixed' END AS basis,
         p.rank, p.rated, p.share, coalesce(p.tier, s.tier, '') AS computed,
         p.tier IS NULL AND s.tier IS NOT NULL AS is_provisional
  FROM customers_customer c
  LEFT JOIN placed p ON p.customer_id = c.id
  LEFT JOIN scored s ON s.customer_id = c.id
  WHERE c.deleted_at IS NULL
)
"""

# An override that is in force rules until its last day is over, by the day computed and by today.
IN_FORCE = "cancelled_at IS NULL AND ended_at IS NULL"
IS_OVER = "ends_on <= %(as_of)s AND ends_on < %(today)s"

# ruling, ended: overrides that count, and that have passed their end. merged: when a customer last
# took another one in or gave it back. judged: which rule applies to a customer, and how many runs
# in a row have found its tier.
DECIDE = f"""
CREATE TEMPORARY TABLE tier_next ON COMMIT DROP AS
{FOUND}, ruling AS (
  SELECT DISTINCT ON (customer_id) customer_id, tier AS ruled FROM portfolio_tieroverride
  WHERE {IN_FORCE} AND NOT ({IS_OVER}) ORDER BY customer_id, at DESC, id DESC
), ended AS (
  SELECT DISTINCT customer_id FROM portfolio_tieroverride WHERE {IN_FORCE} AND {IS_OVER}
), merged AS (
  SELECT survivor_id AS customer_id, max((greatest(at, undone_at) AT TIME ZONE %(zone)s)::date) AS day
  FROM customers_merge GROUP BY survivor_id
), judged AS (
  SELECT n.*, r.ruled, e.customer_id IS NOT NULL AS has_ended,
         coalesce(m.day > f.as_of, FALSE) AS is_merged, f.customer_id IS NULL AS is_new,
         r.ruled IS NULL AND e.customer_id IS NULL AND n.was <> '' AND NOT n.was_provisional
           AND (m.day > f.as_of) IS NOT TRUE AND n.computed <> n.was AS is_other,
         CASE WHEN f.pending_runs > 0 AND f.pending = n.computed
              THEN f.pending_runs + (f.as_of < %(as_of)s)::int ELSE 1 END AS runs
  FROM found n
  LEFT JOIN portfolio_tierfigure f ON f.customer_id = n.customer_id
  LEFT JOIN ruling r ON r.customer_id = n.customer_id
  LEFT JOIN ended e ON e.customer_id = n.customer_id
  LEFT JOIN merged m ON m.customer_id = n.customer_id
  WHERE n.was <> '' OR n.computed <> '' OR r.customer_id IS NOT NULL OR e.customer_id IS NOT NULL
), settled AS (
  SELECT judged.*, is_other AND runs < %(runs_to_change)s AS waits,
         CASE WHEN ruled IS NOT NULL THEN ruled
              WHEN is_other AND runs < %(runs_to_change)s THEN was ELSE computed END AS tier,
         CASE WHEN ruled IS NOT NULL THEN FALSE
              WHEN is_other AND runs < %(runs_to_change)s THEN was_provisional
              ELSE is_provisional END AS tier_provisional
  FROM judged
)
SELECT settled.*,
       CASE WHEN ruled IS NULL AND has_ended THEN 'override_end'
            WHEN tier = was AND tier_provisional = was_provisional THEN ''
            WHEN ruled IS NOT NULL THEN 'override'
            WHEN is_merged THEN 'merge'
            WHEN tier_provisional OR (was_provisional AND tier = '') THEN 'provisional'
            ELSE 'computed' END AS kind
FROM settled
"""  # noqa: S608 - parts of this module

REFRESH = """
UPDATE portfolio_tierfigure f
SET as_of = %(as_of)s, basis = n.basis, worth = n.worth, revenue = n.revenue, orders = n.orders,
    orders_without_cost = n.orders_without_cost, rank = n.rank, cumulative_share = n.share,
    computed = n.computed, is_provisional = n.is_provisional,
    pending = CASE WHEN n.waits THEN n.computed ELSE '' END,
    pending_runs = CASE WHEN n.waits THEN n.runs ELSE 0 END
FROM tier_next n WHERE f.customer_id = n.customer_id AND NOT n.is_new
"""
ADD = """
INSERT INTO portfolio_tierfigure (customer_id, as_of, basis, worth, revenue, orders,
  orders_without_cost, rank, cumulative_share, computed, is_provisional, pending, pending_runs,
  is_sample)
SELECT customer_id, %(as_of)s, basis, worth, revenue, orders, orders_without_cost, rank, share,
  computed, is_provisional, CASE WHEN waits THEN computed ELSE '' END,
  CASE WHEN waits THEN runs ELSE 0 END, is_sample
FROM tier_next WHERE is_new
"""
# Of customers that were deleted, merged away, or have nothing to be rated by any more.
DROP_OLD = "DELETE FROM portfolio_tierfigure WHERE as_of < %(as_of)s"

LOCK = """
SELECT id FROM customers_customer
WHERE id IN (SELECT customer_id FROM tier_next WHERE kind <> '') ORDER BY id FOR NO KEY UPDATE
"""
# Whoever was given a tier by hand while the run computed keeps it: the next run sees it.
APPLY = f"""
WITH moved AS (
  UPDATE customers_customer c SET tier = n.tier, is_tier_provisional = n.tier_provisional
  FROM tier_next n
  WHERE n.kind <> '' AND c.id = n.customer_id AND c.deleted_at IS NULL
    AND c.tier = n.was AND c.is_tier_provisional = n.was_provisional
    AND (n.ruled IS NOT NULL OR NOT EXISTS (
      SELECT FROM portfolio_tieroverride o
      WHERE o.customer_id = c.id AND {IN_FORCE} AND NOT ({IS_OVER})))
  RETURNING c.id
)
INSERT INTO portfolio_tierchange (customer_id, from_tier, to_tier, "on", at, kind, reason,
  worth, rank, rated, is_sample)
SELECT n.customer_id, n.was, n.tier, %(as_of)s, now(), n.kind, '', n.worth, n.rank, n.rated,
  n.is_sample
FROM tier_next n JOIN moved ON moved.id = n.customer_id ORDER BY n.customer_id
"""  # noqa: S608 - parts of this module
END = f"UPDATE portfolio_tieroverride SET ended_at = now() WHERE {IN_FORCE} AND {IS_OVER}"  # noqa: S608
