-- The last 50 changes of claims that were told.
SELECT occurred_at, claim_id AS claim, kind, old, new, unit, confirmed, speaker, outlet, sentence, link
FROM claim_changes
WHERE told
ORDER BY occurred_at DESC, change_id
LIMIT 50;
