-- What was believed of a claim overall, one row a stretch of time, oldest first.
SELECT
    CASE WHEN polarity = '-' THEN list_transform(believed, lambda one: 'not ' || one) ELSE believed END AS believed,
    settled,
    valid_from
FROM beliefs
WHERE claim_id = $claim AND layer = 'overall'
QUALIFY row_number() OVER (PARTITION BY valid_from ORDER BY version DESC) = 1
ORDER BY valid_from;
