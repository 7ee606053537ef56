-- What was believed at a moment, as it was known at another: every layer, since when, and since when that was known.
WITH accounts AS (
    SELECT *
    FROM beliefs
    WHERE valid_from <= CAST($moment AS TIMESTAMPTZ)
        AND recorded_at <= CAST($known AS TIMESTAMPTZ)
        AND ($claim = '' OR claim_id = $claim)
    QUALIFY row_number() OVER (PARTITION BY claim_id, layer, holder, valid_from ORDER BY version DESC) = 1
),
stretches AS (
    SELECT
        *,
        coalesce(
            believed IS DISTINCT FROM lag(believed) OVER by_time
                OR polarity IS DISTINCT FROM lag(polarity) OVER by_time
                OR contested IS DISTINCT FROM lag(contested) OVER by_time
                OR settled IS DISTINCT FROM lag(settled) OVER by_time,
            true
        ) AS begins
    FROM accounts
    WINDOW by_time AS (PARTITION BY claim_id, layer, holder ORDER BY valid_from)
),
newest AS (
    SELECT
        *,
        CASE WHEN polarity = '-' THEN list_transform(believed, lambda one: 'not ' || one) ELSE believed END AS shown,
        max(CASE WHEN begins THEN valid_from END) OVER by_holder AS since,
        max(CASE WHEN begins THEN recorded_at END) OVER by_holder AS known_since
    FROM stretches
    WINDOW by_holder AS (PARTITION BY claim_id, layer, holder)
    QUALIFY row_number() OVER (PARTITION BY claim_id, layer, holder ORDER BY valid_from DESC) = 1
),
repeated AS (
    -- A belief counts who brought it about and confirmed it; who said so later is counted with what each report did.
    SELECT claim_id, new, confirmed, occurred_at
    FROM changes
    WHERE layer = 'overall'
        AND kind = 'reaffirmed'
        AND confirmed > 0
        AND occurred_at <= CAST($moment AS TIMESTAMPTZ)
        AND recorded_at <= CAST($known AS TIMESTAMPTZ)
    QUALIFY row_number() OVER (PARTITION BY claim_id, new ORDER BY occurred_at DESC, recorded_at DESC, change_id) = 1
)
SELECT
    newest.claim_id,
    newest.layer,
    newest.holder,
    CASE WHEN newest.layer = 'source' THEN coalesce(sources.name, newest.holder) ELSE newest.holder END AS holder_name,
    CASE WHEN newest.layer = 'source' THEN sources.bloc END AS holder_bloc,
    newest.shown AS believed,
    newest.contested,
    newest.settled,
    newest.settled AND newest.support = 0 AND len(newest.observation_ids) = 0 AS is_baseline,
    coalesce(repeated.confirmed, newest.support) AS support,
    newest.since,
    newest.known_since,
    newest.observation_ids
FROM newest
LEFT JOIN sources ON newest.layer = 'source' AND sources.source_id = newest.holder
LEFT JOIN repeated
    ON newest.layer = 'overall'
    AND NOT newest.contested
    AND repeated.claim_id = newest.claim_id
    AND repeated.new = newest.shown
    AND repeated.occurred_at >= newest.since
WHERE len(newest.believed) > 0
ORDER BY newest.claim_id, newest.layer <> 'overall', newest.layer, newest.since DESC, holder_name;
