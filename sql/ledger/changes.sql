-- What observations did to a claim, oldest first; suppressed says why nobody was told.
SELECT change_id, kind, layer, holder, old, new, observation_id, occurred_at, confirmed, confirms, suppressed, recorded_at
FROM changes
WHERE claim_id = $claim
ORDER BY occurred_at, layer <> 'overall', kind = 'reaffirmed', change_id;
