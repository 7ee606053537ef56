-- What is believed now of each claim: overall, by each side (bloc) and by each outlet (source).
CREATE OR REPLACE VIEW current_beliefs AS
SELECT
    newest.claim_id,
    claims.statement,
    claims.topic_id,
    claims.unit,
    newest.layer,
    newest.holder,
    CASE WHEN newest.layer = 'source' THEN coalesce(sources.name, newest.holder) ELSE newest.holder END AS holder_name,
    CASE WHEN newest.polarity = '-' THEN 'not ' ELSE '' END || array_to_string(newest.believed, ' or ') AS value,
    newest.believed,
    newest.polarity,
    newest.contested,
    newest.settled,
    newest.support,
    newest.valid_from,
    newest.rebuilt,
    newest.observation_ids
FROM (
    SELECT *
    FROM beliefs
    QUALIFY row_number() OVER (PARTITION BY claim_id, layer, holder ORDER BY valid_from DESC, version DESC) = 1
) AS newest
JOIN claims ON claims.claim_id = newest.claim_id AND claims.declared
LEFT JOIN sources ON newest.layer = 'source' AND sources.source_id = newest.holder
WHERE len(newest.believed) > 0;
