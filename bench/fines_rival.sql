-- All running fines as of a moment, in one statement: rules, calendars, grace, caps and the maximum of each reader.
WITH bounds AS (
  SELECT (min(due_at) AT TIME ZONE 'UTC')::date AS first, (%(at)s::timestamptz AT TIME ZONE 'UTC')::date AS last
  FROM circulation_loan WHERE returned_at IS NULL AND lost_at IS NULL AND due_at < %(at)s
), opened AS (
  SELECT branch.id AS branch, day::date AS day,
    coalesce(
      (SELECT special.is_open FROM circulation_calendarexception AS special
       WHERE (special.branch_id = branch.id OR special.branch_id IS NULL)
         AND day::date BETWEEN special.first_day AND special.last_day
       ORDER BY special.branch_id IS NULL, special.last_day - special.first_day, special.id DESC LIMIT 1),
      NOT EXISTS (SELECT FROM circulation_openinghours WHERE branch_id = branch.id AND term_id IS NULL)
      OR EXISTS (SELECT FROM circulation_openinghours WHERE branch_id = branch.id AND term_id IS NULL
                 AND weekday = extract(isodow FROM day) - 1)) AS is_open
  FROM bounds, catalog_branch AS branch, generate_series(first, last, '1 day') AS day
), counted AS MATERIALIZED (
  SELECT branch, day, sum(is_open::int) OVER (PARTITION BY branch ORDER BY day) AS open_days FROM opened
), late AS (
  SELECT loan.id, loan.patron_id, loan.due_at, loan.branch_id AS lent_at, copy.branch_id AS home, copy.item_type_id,
    patron.tier_id, coalesce(copy.price, kind.price) AS price, (loan.due_at AT TIME ZONE 'UTC')::date AS due_on
  FROM circulation_loan AS loan JOIN catalog_copy AS copy ON copy.id = loan.copy_id
  JOIN accounts_patron AS patron ON patron.user_id = loan.patron_id
  LEFT JOIN catalog_itemtype AS kind ON kind.id = copy.item_type_id
  WHERE loan.returned_at IS NULL AND loan.lost_at IS NULL AND loan.due_at < %(at)s
), scopes AS (
  SELECT DISTINCT home, tier_id, item_type_id FROM late
), terms AS MATERIALIZED (
  SELECT scope.*,
    coalesce((SELECT fine_amount {rule} fine_amount {order}), 0) AS amount,
    coalesce((SELECT fine_period {rule} fine_period {order}), 1) AS period,
    coalesce((SELECT fine_charge_at {rule} fine_charge_at {order}), 'end') AS charge_at,
    coalesce((SELECT grace_period {rule} grace_period {order}), 0) AS grace,
    coalesce((SELECT grace_counts_once_exceeded {rule} grace_counts_once_exceeded {order}), true) AS grace_counts,
    nullif((SELECT fine_cap {rule} fine_cap {order}), -1) AS cap,
    coalesce((SELECT cap_at_replacement_price {rule} cap_at_replacement_price {order}), false) AS cap_at_price,
    coalesce((SELECT fine_skips_closed_days {rule} fine_skips_closed_days {order}), false) AS skips
  FROM scopes AS scope
), units AS (
  SELECT late.*, terms.amount, period, charge_at, cap, cap_at_price,
    CASE WHEN units <= grace THEN 0 WHEN grace_counts THEN units ELSE units - grace END AS base, units
  FROM late JOIN terms ON terms.home = late.home AND terms.tier_id = late.tier_id
    AND terms.item_type_id IS NOT DISTINCT FROM late.item_type_id
  JOIN bounds ON true
  JOIN counted AS until ON until.branch = late.lent_at AND until.day = bounds.last
  JOIN counted AS since ON since.branch = late.lent_at AND since.day = late.due_on
  CROSS JOIN LATERAL (SELECT CASE WHEN skips THEN until.open_days - since.open_days ELSE bounds.last - late.due_on END
                      AS units) AS how
), wanted AS (
  SELECT id, patron_id, due_at, units,
    least(round(CASE charge_at WHEN 'end' THEN base / period ELSE ceil(base::numeric / period) END * amount, 2),
          round(cap, 2), CASE WHEN cap_at_price THEN round(price, 2) END) AS amount
  FROM units
), shared AS (
  SELECT id, patron_id, due_at, units,
    least(amount, greatest(0, (SELECT max_total_fines FROM circulation_lendingsettings)
      - coalesce(sum(amount) OVER (PARTITION BY patron_id ORDER BY due_at, id
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) AS amount
  FROM wanted
), moved AS (
  UPDATE circulation_charge AS line
  SET amount = shared.amount, due_at = shared.due_at, counted_until = %(at)s, units = shared.units
  FROM shared WHERE line.loan_id = shared.id AND line.is_running AND line.amount <> shared.amount AND shared.amount > 0
  RETURNING 1
), removed AS (
  DELETE FROM circulation_charge AS line USING shared
  WHERE line.loan_id = shared.id AND line.is_running AND shared.amount = 0
    AND NOT EXISTS (SELECT FROM circulation_allocation WHERE charge_id = line.id)
  RETURNING 1
), added AS (
  INSERT INTO circulation_charge (id, patron_id, kind, amount, loan_id, text, at, is_running, due_at, counted_until, units)
  SELECT gen_random_uuid(), patron_id, 'fine', amount, id, '', %(at)s, true, due_at, %(at)s, units FROM shared
  WHERE amount > 0 AND NOT EXISTS (SELECT FROM circulation_charge AS line WHERE line.loan_id = shared.id AND line.is_running)
  RETURNING 1
)
SELECT (SELECT count(*) FROM moved) + (SELECT count(*) FROM added) + (SELECT count(*) FROM removed)
