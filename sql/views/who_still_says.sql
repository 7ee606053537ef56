-- What each outlet says of a claim now: since when, how long ago it last said so, and whether that is what is believed.
CREATE OR REPLACE VIEW who_still_says AS
SELECT
    held.claim_id,
    held.statement,
    held.value,
    held.holder AS source_id,
    held.holder_name AS outlet,
    sources.bloc AS outlet_bloc,
    held.valid_from AS since,
    latest.said_at AS last_said,
    latest.speaker,
    latest.sentence,
    latest.link,
    held.value = overall.value AS is_believed
FROM current_beliefs AS held
LEFT JOIN sources ON sources.source_id = held.holder
LEFT JOIN current_beliefs AS overall ON overall.claim_id = held.claim_id AND overall.layer = 'overall'
LEFT JOIN (
    SELECT *
    FROM claim_observations
    WHERE modality IN ('asserted', 'planned') AND withdrawn_at IS NULL
    QUALIFY row_number() OVER (PARTITION BY claim_id, source_id ORDER BY said_at DESC, observation_id) = 1
) AS latest ON latest.claim_id = held.claim_id AND latest.source_id = held.holder
WHERE held.layer = 'source';
