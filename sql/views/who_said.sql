-- Which outlets said what of a claim, and through whom: first and last time, how long after the first of all.
CREATE OR REPLACE VIEW who_said AS
SELECT
    claim_id,
    any_value(statement) AS statement,
    said,
    source_id,
    any_value(outlet) AS outlet,
    any_value(outlet_bloc) AS outlet_bloc,
    arg_min_null(speaker, (said_at, observation_id)) AS speaker,
    arg_min_null(speaker_bloc, (said_at, observation_id)) AS speaker_bloc,
    min(said_at) AS first_said,
    min(said_at) - min(min(said_at)) OVER (PARTITION BY claim_id, said) AS behind_first,
    max(said_at) AS last_said,
    count(DISTINCT article_id) AS articles,
    min_by(sentence, (said_at, observation_id)) AS sentence,
    arg_min_null(link, (said_at, observation_id)) AS link
FROM claim_observations
WHERE modality IN ('asserted', 'planned')
GROUP BY claim_id, said, source_id;
