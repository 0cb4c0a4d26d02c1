"""The statement that sums the source rows of some days into facts; docs/metrics.md has the rules.

Equal steps of a day are counted first, then spread over the figures that such a step has an effect
on, so that the large table is read once and the spreading touches few rows.
"""

# step: equal level changes of a day counted together; 0 stands for no level.
# effect: which figures a step counts for: a start opens an opportunity and enters its level, a move
# up enters each level that it reaches or passes, a win passes those above the level it leaves.
COMPUTE = """
CREATE TEMPORARY TABLE computed_fact ON COMMIT DROP AS
WITH step AS (
  SELECT "on" AS day, owner_id, team_id, coalesce(from_level_id, 0) AS from_level_id,
         coalesce(to_level_id, 0) AS to_level_id, outcome, count(*) AS n, sum(value) AS total
  FROM funnel_levelchange WHERE {changes} GROUP BY 1, 2, 3, 4, 5, 6
), effect AS (
  SELECT 0 AS from_level_id, id AS to_level_id, '' AS outcome, metric, id AS level_id
  FROM funnel_level CROSS JOIN (VALUES ('created'), ('entered')) AS starts (metric)
  UNION ALL
  SELECT f.id, t.id, '', 'entered', l.id
  FROM funnel_level f JOIN funnel_level t USING (pipeline_id) JOIN funnel_level l USING (pipeline_id)
  WHERE l.id = t.id OR (l.rank > f.rank AND l.rank < t.rank)
  UNION ALL
  SELECT f.id, 0, 'won', 'entered', l.id
  FROM funnel_level f JOIN funnel_level l USING (pipeline_id) WHERE l.rank > f.rank
  UNION ALL
  SELECT id, 0, ending, ending, id
  FROM funnel_level CROSS JOIN (VALUES ('won'), ('lost')) AS endings (ending)
)
SELECT day, owner_id AS member_id, team_id, metric, level_id, sum(n)::int AS count,
       sum(total) AS amount
FROM step JOIN effect USING (from_level_id, to_level_id, outcome) GROUP BY 1, 2, 3, 4, 5
UNION ALL
SELECT ordered_on, member_id, team_id, 'orders', NULL, count(*)::int, sum(value)
FROM orders_order WHERE {orders} GROUP BY 1, 2, 3
"""
INSERT = """
INSERT INTO metrics_dayfact (day, member_id, team_id, metric, level_id, count, amount)
SELECT day, member_id, team_id, metric, level_id, count, amount FROM computed_fact
"""
# The mark “rates” is none of a day: it says that the rates know less than the facts.
TAKE_MARKS = "DELETE FROM core_dirtyday WHERE source <> 'rates' RETURNING day, source"
RATES_ARE_BEHIND = """
INSERT INTO core_dirtyday (day, source) VALUES (%(first)s, 'rates')
"""
RATES_CAUGHT_UP = "DELETE FROM core_dirtyday WHERE source = 'rates'"
MARK = """
INSERT INTO core_dirtyday (day, source)
SELECT day, 'night' FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') day
"""
# Sums of large tables in memory and in parallel; compiling such statements costs more than it saves.
LOCAL_SETTINGS = """
SET LOCAL work_mem = '128MB'; SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 2
"""
