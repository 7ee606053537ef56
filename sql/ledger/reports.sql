-- What was said of a claim, oldest first, by whom and where; withdrawn where the outlet took it back.
SELECT
    observations.observation_id,
    observations.said_at,
    observations.value,
    observations.number,
    observations.number_hi,
    observations.comparator,
    observations.polarity,
    observations.modality,
    observations.aspect,
    observations.speaker,
    observations.speaker_bloc,
    observations.chain,
    observations.source_id,
    coalesce(sources.name, observations.source_id) AS outlet,
    sources.bloc AS outlet_bloc,
    observations.language,
    observations.sentence,
    observations.sentence_start,
    observations.marks,
    observations.published,
    articles.link,
    withdrawals.reason AS withdrawn,
    withdrawals.withdrawn_at
FROM observations
LEFT JOIN sources ON sources.source_id = observations.source_id
LEFT JOIN articles ON articles.article_id = observations.article_id
LEFT JOIN withdrawals ON withdrawals.observation_id = observations.observation_id
WHERE observations.claim_id = $claim
ORDER BY observations.said_at, observations.observation_id;
