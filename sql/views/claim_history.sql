-- What was believed of each claim overall, one row a stretch of time, as it is known now.
CREATE OR REPLACE VIEW claim_history AS
WITH accounts AS (
    SELECT *
    FROM beliefs
    WHERE layer = 'overall'
    QUALIFY row_number() OVER (PARTITION BY claim_id, valid_from ORDER BY version DESC) = 1
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
    WINDOW by_time AS (PARTITION BY claim_id ORDER BY valid_from)
)
SELECT
    stretches.claim_id,
    claims.statement,
    claims.topic_id,
    claims.unit,
    CASE WHEN stretches.polarity = '-' THEN 'not ' ELSE '' END || array_to_string(stretches.believed, ' or ') AS value,
    stretches.valid_from,
    lead(stretches.valid_from) OVER (PARTITION BY stretches.claim_id ORDER BY stretches.valid_from) AS valid_until,
    stretches.contested,
    stretches.settled,
    stretches.support,
    stretches.recorded_at,
    stretches.rebuilt,
    stretches.observation_ids
FROM stretches
LEFT JOIN claims ON claims.claim_id = stretches.claim_id
WHERE stretches.begins;
