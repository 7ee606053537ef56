-- Each claim that was ever declared: how often it was observed, and when what is believed of it last changed.
SELECT
    claims.*,
    coalesce(said.observations, 0) AS observations,
    coalesce(said.outlets, 0) AS outlets,
    said.last_said,
    moved.kind AS last_change,
    moved.occurred_at AS last_change_at
FROM claims
LEFT JOIN (
    SELECT claim_id, count(*) AS observations, count(DISTINCT source_id) AS outlets, max(said_at) AS last_said
    FROM observations
    GROUP BY claim_id
) AS said ON said.claim_id = claims.claim_id
LEFT JOIN (
    -- Told, or not told although something else is believed since.
    SELECT claim_id, CASE WHEN confirms IS NULL THEN kind ELSE 'confirmed' END AS kind, occurred_at
    FROM changes
    WHERE layer = 'overall'
        AND kind <> 'reaffirmed'
        AND (suppressed IS NULL OR suppressed IN ('cool_down', 'unconfirmed', 'old', 'rebuilt'))
    QUALIFY row_number() OVER (PARTITION BY claim_id ORDER BY occurred_at DESC, recorded_at DESC, change_id) = 1
) AS moved ON moved.claim_id = claims.claim_id
ORDER BY claims.topic_id, claims.claim_id;
