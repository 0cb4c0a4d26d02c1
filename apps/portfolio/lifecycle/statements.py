"""The stage of every customer in one statement; `apps.portfolio.lifecycle.stage` has the rule."""

# spells: days between an order day and the next; own: each customer's median.
COMPUTE = """
CREATE TEMPORARY TABLE computed_life ON COMMIT DROP AS
WITH ordered AS (
  SELECT o.customer_id, o.ordered_on
  FROM orders_order o
  WHERE o.customer_id IS NOT NULL AND o.value > 0 AND o.ordered_on <= %(day)s
  GROUP BY o.customer_id, o.ordered_on
), spells AS (
  SELECT customer_id, ordered_on,
         ordered_on - lag(ordered_on) OVER (PARTITION BY customer_id ORDER BY ordered_on) AS gap
  FROM ordered
), own AS (
  SELECT customer_id, min(ordered_on) AS first_on, max(ordered_on) AS last_on,
         (percentile_cont(0.5) WITHIN GROUP (ORDER BY gap))::numeric AS gap
  FROM spells GROUP BY customer_id
), firm AS MATERIALIZED (
  SELECT round((percentile_cont(0.5) WITHIN GROUP (ORDER BY own.gap))::numeric, 1) AS gap
  FROM own JOIN customers_customer c ON c.id = own.customer_id AND c.deleted_at IS NULL
), bought AS (
  SELECT customer_id, count(*) FILTER (WHERE value > 0) AS orders,
         array_agg(DISTINCT line_id) FILTER (WHERE value > 0) AS lines,
         sum(value) FILTER (WHERE ordered_on > %(year_ago)s) AS revenue
  FROM orders_order WHERE customer_id IS NOT NULL AND ordered_on <= %(day)s GROUP BY customer_id
), offered AS (
  SELECT customer_id, array_agg(DISTINCT line_id) AS lines
  FROM funnel_opportunity WHERE state = 'open' AND customer_id IS NOT NULL GROUP BY customer_id
), known AS (
  SELECT c.id AS customer_id, c.is_sample, own.first_on, own.last_on, own.gap AS own_gap,
         coalesce(own.gap, firm.gap) AS gap,
         coalesce(b.orders, 0) AS orders, coalesce(cardinality(b.lines), 0) AS lines, b.revenue,
         coalesce(cardinality(b.lines), 0) > 1
           OR NOT coalesce(f.lines, '{}') <@ coalesce(b.lines, '{}') AS is_wider,
         c.last_contacted_at IS NOT NULL OR f.lines IS NOT NULL AS is_known
  FROM customers_customer c CROSS JOIN firm
  LEFT JOIN own ON own.customer_id = c.id
  LEFT JOIN bought b ON b.customer_id = c.id
  LEFT JOIN offered f ON f.customer_id = c.id
  WHERE c.deleted_at IS NULL
), dated AS (
  SELECT known.*,
         last_on + greatest(%(risk_least)s, ceil(%(risk_factor)s * gap))::int AS risk_on,
         last_on + greatest(%(lapse_least)s, ceil(%(lapse_factor)s * gap))::int AS lapses_on
  FROM known
)
SELECT dated.*,
       CASE WHEN last_on IS NULL AND NOT is_known THEN 'attract'
            WHEN last_on IS NULL THEN 'convert'
            WHEN risk_on <= %(day)s THEN 'win_back'
            WHEN is_wider THEN 'deepen'
            ELSE 'maintain' END AS stage
FROM dated
"""
INDEX = "CREATE UNIQUE INDEX ON computed_life (customer_id); ANALYZE computed_life"
# Only what differs is written: most customers are today what they were yesterday.
WRITE_FIGURES = """
INSERT INTO portfolio_lifecyclefigure AS f
  (customer_id, as_of, stage, orders, lines, first_ordered_on, last_ordered_on, median_gap_days,
   gap_days, risk_on, lapses_on, revenue, is_sample)
SELECT l.customer_id, %(day)s, l.stage, l.orders, l.lines, l.first_on, l.last_on, l.own_gap, l.gap,
       l.risk_on, l.lapses_on, l.revenue, l.is_sample
FROM computed_life l
WHERE NOT EXISTS (
  SELECT FROM portfolio_lifecyclefigure k
  WHERE k.customer_id = l.customer_id
    AND (k.stage, k.orders, k.lines, k.first_ordered_on, k.last_ordered_on, k.median_gap_days,
         k.gap_days, k.risk_on, k.lapses_on, k.revenue)
    IS NOT DISTINCT FROM (l.stage, l.orders, l.lines, l.first_on, l.last_on, l.own_gap, l.gap,
         l.risk_on, l.lapses_on, l.revenue))
ON CONFLICT (customer_id) DO UPDATE SET
  as_of = excluded.as_of, stage = excluded.stage, orders = excluded.orders,
  lines = excluded.lines, first_ordered_on = excluded.first_ordered_on,
  last_ordered_on = excluded.last_ordered_on, median_gap_days = excluded.median_gap_days,
  gap_days = excluded.gap_days, risk_on = excluded.risk_on, lapses_on = excluded.lapses_on,
  revenue = excluded.revenue
"""
FORGET_GONE = """
DELETE FROM portfolio_lifecyclefigure f
WHERE NOT EXISTS (SELECT FROM computed_life l WHERE l.customer_id = f.customer_id)
"""
# A stage set by hand stands until it is taken back, which a service does and records.
# The customers are locked in the order of their keys before they change.
APPLY = """
WITH due AS (
  SELECT c.id, c.lifecycle AS from_stage, l.stage AS to_stage, c.is_sample
  FROM customers_customer c JOIN computed_life l ON l.customer_id = c.id
  WHERE c.lifecycle <> l.stage AND c.deleted_at IS NULL AND NOT EXISTS (
    SELECT FROM portfolio_lifecycleoverride o
    WHERE o.customer_id = c.id AND o.cancelled_at IS NULL)
  ORDER BY c.id FOR NO KEY UPDATE OF c
), changed AS (
  UPDATE customers_customer c SET lifecycle = due.to_stage FROM due WHERE c.id = due.id
  RETURNING c.id
)
INSERT INTO portfolio_lifecyclechange
  (customer_id, from_stage, to_stage, "on", at, by_id, reason, is_sample)
SELECT due.id, due.from_stage, due.to_stage, %(day)s, %(at)s, NULL, '', due.is_sample
FROM due JOIN changed ON changed.id = due.id
"""
