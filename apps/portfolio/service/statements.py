"""The service policy of every customer, set by set; `apps.portfolio.service.rules` has the rules.

Parameters: `policies` as four arrays, `zone`, `day` (today there), `now`, and the firm's business
hours as a table of windows with the seconds that lie before each.
"""

MAKE_WINDOWS = """
CREATE TEMPORARY TABLE business_window
  (opens timestamptz PRIMARY KEY, closes timestamptz NOT NULL, before numeric NOT NULL UNIQUE)
  ON COMMIT DROP
"""
FILL_WINDOWS = """
INSERT INTO business_window
SELECT * FROM unnest(%(opens)s::timestamptz[], %(closes)s::timestamptz[], %(before)s::numeric[])
"""
POLICY = """
policy AS (
  SELECT * FROM unnest(%(tiers)s::text[], %(contact_days)s::int[], %(response_hours)s::int[],
                       %(visit_days)s::int[])
    AS p (tier, contact_days, response_hours, visit_days)
)"""


# Business seconds from the first window to an instant.
CLOCK = """coalesce((
      SELECT w.before + extract(epoch FROM least({instant}, w.closes) - w.opens)
      FROM business_window w WHERE w.opens <= {instant} ORDER BY w.opens DESC LIMIT 1), 0)"""

ANSWERED = "least(asked.answered_at, asked.passed_on_at, %(now)s)"

# The oldest lead that may still be waiting, for the first of the windows.
OLDEST_LEAD = """
SELECT min(c.held_since) FROM customers_customer c
WHERE c.owner_id IS NOT NULL AND c.deleted_at IS NULL AND c.last_ordered_on IS NULL
  AND NOT EXISTS (SELECT FROM activities_activity a
                  WHERE a.customer_id = c.id AND a.at < c.held_since)
"""
# lead: an owner got a customer with whom nobody had done anything, and who had never ordered;
#   those of the window, and of before it the ones that still wait with the same owner.
# rated: the tier of that moment: to_tier of the last change by then, else from_tier of the first
#   one after it, else the customer's own.
# asked: with the policy of that tier; of an unrated lead what tier C gets. A row that is there
#   already keeps what it was promised.
# ran: until the answer, the hand-over, or now.
FIRST_RESPONSES = (
    """
WITH {policy}, lead AS (
  SELECT o.customer_id, o.to_owner_id AS owner_id, o.at AS started_at, c.is_sample, c.tier AS now_tier,
         (SELECT n.at FROM customers_customerownerchange n
          WHERE n.customer_id = o.customer_id AND (n."on", n.at, n.id) > (o."on", o.at, o.id)
          ORDER BY n."on", n.at, n.id LIMIT 1) AS passed_on_at
  FROM customers_customerownerchange o
  JOIN customers_customer c ON c.id = o.customer_id AND c.deleted_at IS NULL
  WHERE o.to_owner_id IS NOT NULL AND o.kind = ANY(%(kinds)s) AND o.at <= %(now)s
    AND (o.at > %(window_from)s
         OR c.owner_id = o.to_owner_id AND c.held_since = o.at AND c.last_ordered_on IS NULL
         OR EXISTS (SELECT FROM portfolio_firstresponse f
                    WHERE f.customer_id = o.customer_id AND f.started_at = o.at
                      AND f.answered_at IS NULL AND f.passed_on_at IS NULL))
    AND NOT EXISTS (SELECT FROM activities_activity a
                    WHERE a.customer_id = o.customer_id AND a.at < o.at)
    AND NOT EXISTS (SELECT FROM orders_order r WHERE r.customer_id = o.customer_id
                    AND r.value > 0 AND r.ordered_on <= o."on")
), answered AS (
  SELECT lead.*, (
    SELECT min(a.at) FROM activities_activity a
    WHERE a.customer_id = lead.customer_id AND a.at >= lead.started_at AND a.at <= %(now)s
      AND (a.direction = 'out' OR a.is_contact)
      AND (lead.passed_on_at IS NULL OR a.at < lead.passed_on_at)) AS answered_at,
    coalesce(
      (SELECT t.to_tier FROM portfolio_tierchange t
       WHERE t.customer_id = lead.customer_id AND t.at <= lead.started_at
       ORDER BY t.at DESC, t.id DESC LIMIT 1),
      (SELECT t.from_tier FROM portfolio_tierchange t
       WHERE t.customer_id = lead.customer_id AND t.at > lead.started_at
       ORDER BY t.at, t.id LIMIT 1),
      lead.now_tier) AS tier
  FROM lead
), asked AS (
  SELECT a.customer_id, a.owner_id, a.started_at, a.is_sample, a.answered_at,
         CASE WHEN a.passed_on_at <= %(now)s THEN a.passed_on_at END AS passed_on_at,
         coalesce(f.tier, a.tier) AS tier,
         coalesce(f.allowed_hours, p.response_hours) AS allowed_hours
  FROM answered a
  LEFT JOIN portfolio_firstresponse f USING (customer_id, started_at)
  LEFT JOIN policy p ON p.tier = coalesce(nullif(a.tier, ''), 'C')
  WHERE coalesce(f.allowed_hours, p.response_hours) IS NOT NULL
), clocked AS (
  SELECT asked.*, {start_clock} AS start_clock,
         {end_clock} AS end_clock
  FROM asked
), ran AS (
  SELECT clocked.*, end_clock - start_clock AS used, start_clock + allowed_hours * 3600 AS due_clock
  FROM clocked
)
INSERT INTO portfolio_firstresponse AS f
  (customer_id, owner_id, tier, allowed_hours, started_at, due_at, answered_at, passed_on_at,
   used_hours, state, is_sample)
SELECT customer_id, owner_id, tier, allowed_hours, started_at,
       (SELECT w.opens + (due_clock - w.before) * interval '1 second' FROM business_window w
        WHERE w.before < due_clock ORDER BY w.before DESC LIMIT 1),
       answered_at, passed_on_at, round(used / 3600, 2),
       CASE WHEN used > allowed_hours * 3600 THEN 'late'
            WHEN answered_at IS NOT NULL THEN 'in_time'
            WHEN passed_on_at IS NOT NULL THEN 'passed_on'
            ELSE 'running' END,
       is_sample
FROM ran
ON CONFLICT (customer_id, started_at) DO UPDATE SET
  due_at = excluded.due_at, answered_at = excluded.answered_at,
  passed_on_at = excluded.passed_on_at, used_hours = excluded.used_hours, state = excluded.state
WHERE (f.due_at, f.answered_at, f.passed_on_at, f.used_hours, f.state) IS DISTINCT FROM
  (excluded.due_at, excluded.answered_at, excluded.passed_on_at, excluded.used_hours, excluded.state)
""".replace("{policy}", POLICY)
    .replace("{start_clock}", CLOCK.replace("{instant}", "asked.started_at"))
    .replace("{end_clock}", CLOCK.replace("{instant}", ANSWERED))
)

# An answer that was entered later than it was given: the response was in time after all.
RESPONSES_FORGET = """
DELETE FROM portfolio_policybreach b
WHERE b.kind = 'response' AND EXISTS (
  SELECT FROM portfolio_firstresponse f
  WHERE f.customer_id = b.customer_id AND f.owner_id = b.owner_id AND f.state <> 'late'
    AND (f.due_at AT TIME ZONE %(zone)s)::date = b.since_on)
"""

# risen: since when a customer has its tier, where it rose to it: a better tier promises more, and
#   nobody has missed what was not promised yet.
# What clocks of days find overdue; also what a change of the policy would find.
OVERDUE = """
WITH {policy}, risen AS (
  SELECT customer_id, max("on") AS on_day FROM portfolio_tierchange
  WHERE to_tier <> '' AND (from_tier = '' OR to_tier < from_tier) GROUP BY customer_id
), held AS (
  SELECT c.id AS customer_id, c.owner_id, c.is_sample, c.tier, p.contact_days, p.visit_days,
         greatest((coalesce(c.held_since, c.created_at) AT TIME ZONE %(zone)s)::date,
                  risen.on_day) AS held_on,
         (c.last_contacted_at AT TIME ZONE %(zone)s)::date AS contacted_on
  FROM customers_customer c JOIN policy p ON p.tier = c.tier
  LEFT JOIN risen ON risen.customer_id = c.id
  WHERE c.owner_id IS NOT NULL AND c.deleted_at IS NULL
), visited AS (
  SELECT a.customer_id, (max(a.at) AT TIME ZONE %(zone)s)::date AS visited_on
  FROM activities_activity a JOIN held USING (customer_id)
  WHERE held.visit_days IS NOT NULL AND a.is_contact AND a.channel = ANY(%(visiting)s)
  GROUP BY 1
), clocks AS (
  SELECT customer_id, owner_id, is_sample, tier, 'contact' AS kind, contact_days AS allowed,
         greatest(contacted_on, held_on) AS starts_on
  FROM held
  UNION ALL
  SELECT customer_id, owner_id, is_sample, tier, 'visit', visit_days,
         greatest(visited_on, held_on)
  FROM held LEFT JOIN visited USING (customer_id)
), overdue AS (
  SELECT clocks.*, starts_on + allowed + 1 AS since_on FROM clocks
  WHERE starts_on + allowed < %(day)s::date
)""".replace("{policy}", POLICY)
EXPECT = """
CREATE TEMPORARY TABLE expected_breach ON COMMIT DROP AS
{overdue}
SELECT customer_id, owner_id, is_sample, tier, kind, allowed, starts_on, since_on FROM overdue
UNION ALL
SELECT f.customer_id, f.owner_id, f.is_sample, f.tier, 'response', f.allowed_hours,
       (f.started_at AT TIME ZONE %(zone)s)::date, (f.due_at AT TIME ZONE %(zone)s)::date
FROM portfolio_firstresponse f
JOIN customers_customer c ON c.id = f.customer_id AND c.owner_id = f.owner_id
WHERE f.state = 'late' AND f.answered_at IS NULL AND f.passed_on_at IS NULL
  AND c.deleted_at IS NULL AND c.held_since = f.started_at
""".replace("{overdue}", OVERDUE)
EXPECT_INDEX = "CREATE UNIQUE INDEX ON expected_breach (customer_id, kind); ANALYZE expected_breach"
COUNT_OVERDUE = """
{overdue}
SELECT kind, tier, count(*) FROM overdue GROUP BY kind, tier
UNION ALL
SELECT '', '', count(DISTINCT customer_id) FROM overdue
""".replace("{overdue}", OVERDUE)
# An open breach goes on where it is still found, with the same owner and the clock not started anew.
GOES_ON = """
e.customer_id = b.customer_id AND e.kind = b.kind AND e.owner_id = b.owner_id
AND (b.kind = 'response' OR e.starts_on < b.since_on)
"""
# It ends on the day on which what was missing was done, or on which another owner got the customer;
# where neither is the reason (another tier or policy), on the day that finds it gone.
END = """
UPDATE portfolio_policybreach b
SET ended_on = CASE WHEN d.done_on >= b.since_on THEN least(d.done_on, %(day)s::date)
                    ELSE greatest(b.since_on, %(day)s::date) END
FROM (
  SELECT o.id, CASE
    WHEN c.owner_id IS DISTINCT FROM o.owner_id THEN
      (SELECT max(h."on") FROM customers_customerownerchange h WHERE h.customer_id = c.id)
    WHEN o.kind = 'contact' THEN (c.last_contacted_at AT TIME ZONE %(zone)s)::date
    WHEN o.kind = 'visit' THEN
      (SELECT (max(a.at) AT TIME ZONE %(zone)s)::date FROM activities_activity a
       WHERE a.customer_id = c.id AND a.is_contact AND a.channel = ANY(%(visiting)s))
    WHEN o.kind = 'response' THEN
      (SELECT (min(f.answered_at) AT TIME ZONE %(zone)s)::date FROM portfolio_firstresponse f
       WHERE f.customer_id = c.id AND f.owner_id = o.owner_id
         AND (f.due_at AT TIME ZONE %(zone)s)::date = o.since_on)
  END AS done_on
  FROM portfolio_policybreach o JOIN customers_customer c ON c.id = o.customer_id
  WHERE o.ended_on IS NULL
) d
WHERE d.id = b.id AND NOT EXISTS (SELECT FROM expected_breach e WHERE {goes_on})
""".replace("{goes_on}", GOES_ON)
CONTINUE = """
UPDATE portfolio_policybreach b
SET tier = e.tier, allowed = e.allowed, since_on = e.since_on
FROM expected_breach e
WHERE b.ended_on IS NULL AND {goes_on}
  AND (b.tier, b.allowed, b.since_on) IS DISTINCT FROM (e.tier, e.allowed, e.since_on)
""".replace("{goes_on}", GOES_ON)
OPEN = """
INSERT INTO portfolio_policybreach
  (customer_id, owner_id, kind, tier, allowed, since_on, ended_on, is_sample)
SELECT e.customer_id, e.owner_id, e.kind, e.tier, e.allowed, e.since_on, NULL, e.is_sample
FROM expected_breach e
WHERE NOT EXISTS (SELECT FROM portfolio_policybreach b
                  WHERE b.ended_on IS NULL AND b.customer_id = e.customer_id AND b.kind = e.kind)
"""
# A first response that came late between two nights: one breach, ended when it came.
LATE_ANSWERS = """
INSERT INTO portfolio_policybreach
  (customer_id, owner_id, kind, tier, allowed, since_on, ended_on, is_sample)
SELECT f.customer_id, f.owner_id, 'response', f.tier, f.allowed_hours,
       (f.due_at AT TIME ZONE %(zone)s)::date,
       (least(f.answered_at, f.passed_on_at) AT TIME ZONE %(zone)s)::date, f.is_sample
FROM portfolio_firstresponse f
WHERE f.state = 'late' AND f.started_at > %(window_from)s
  AND (f.answered_at IS NOT NULL OR f.passed_on_at IS NOT NULL)
  AND NOT EXISTS (SELECT FROM portfolio_policybreach b
    WHERE b.customer_id = f.customer_id AND b.owner_id = f.owner_id AND b.kind = 'response'
      AND b.since_on = (f.due_at AT TIME ZONE %(zone)s)::date)
"""
# Outbound activities of the last days by a channel that the tier of their day does not allow: one
# breach for each customer, person and day, of the one who used it. What was corrected goes.
CHANNELS_FOUND = """
CREATE TEMPORARY TABLE channel_used ON COMMIT DROP AS
WITH policy AS (
  SELECT tier, channels, channels_since FROM portfolio_servicepolicy
), used AS (
  SELECT a.customer_id, a.member_id, a.channel, a.at, c.is_sample,
         (a.at AT TIME ZONE %(zone)s)::date AS used_on,
         coalesce(
           (SELECT t.to_tier FROM portfolio_tierchange t
            WHERE t.customer_id = a.customer_id AND t.at <= a.at ORDER BY t.at DESC, t.id DESC LIMIT 1),
           (SELECT t.from_tier FROM portfolio_tierchange t
            WHERE t.customer_id = a.customer_id AND t.at > a.at ORDER BY t.at, t.id LIMIT 1),
           c.tier) AS tier
  FROM activities_activity a JOIN customers_customer c ON c.id = a.customer_id
  WHERE a.direction = 'out' AND a.at > %(channels_from)s AND a.at <= %(now)s
    AND c.deleted_at IS NULL
)
SELECT DISTINCT u.customer_id, u.member_id, u.used_on, u.tier, u.is_sample
FROM used u JOIN policy p ON p.tier = u.tier
WHERE cardinality(p.channels) > 0 AND u.channel <> ALL(p.channels) AND u.at >= p.channels_since
"""
CHANNELS_FORGET = """
DELETE FROM portfolio_policybreach b
WHERE b.kind = 'channel' AND b.since_on > (%(channels_from)s AT TIME ZONE %(zone)s)::date
  AND NOT EXISTS (
    SELECT FROM activities_activity a JOIN portfolio_servicepolicy p ON p.tier = b.tier
    WHERE a.customer_id = b.customer_id AND a.member_id = b.owner_id AND a.direction = 'out'
      AND (a.at AT TIME ZONE %(zone)s)::date = b.since_on
      AND (a.at < p.channels_since OR a.channel <> ALL(p.channels)))
"""
CHANNELS_WRITE = """
INSERT INTO portfolio_policybreach
  (customer_id, owner_id, kind, tier, allowed, since_on, ended_on, is_sample)
SELECT u.customer_id, u.member_id, 'channel', u.tier, NULL, u.used_on, u.used_on, u.is_sample
FROM channel_used u
WHERE NOT EXISTS (SELECT FROM portfolio_policybreach b
  WHERE b.customer_id = u.customer_id AND b.owner_id = u.member_id AND b.kind = 'channel'
    AND b.since_on = u.used_on)
"""
