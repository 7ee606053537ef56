-- Why changes were not told: how many observations for which reason, a claim.
SELECT claim_id AS claim, coalesce(suppressed, 'told') AS reason, count(*) AS changes
FROM changes
WHERE layer = 'overall'
GROUP BY ALL
ORDER BY claim, changes DESC, reason;
