-- Observations with claim, outlet and article; withdrawn where the outlet took it back.
CREATE OR REPLACE VIEW claim_observations AS
SELECT
    observations.observation_id,
    observations.claim_id,
    claims.statement,
    claims.topic_id,
    observations.said_at,
    CASE WHEN observations.polarity = '-' THEN 'not ' ELSE '' END
        || CASE observations.comparator WHEN 'gt' THEN '>' WHEN 'lt' THEN '<' ELSE '' END
        || observations.value
        || CASE
            WHEN observations.number_hi IS NULL OR observations.number_hi = observations.number THEN ''
            ELSE '..' || CASE
                WHEN observations.number_hi = trunc(observations.number_hi)
                    THEN CAST(CAST(observations.number_hi AS DECIMAL(38, 0)) AS VARCHAR)
                ELSE CAST(observations.number_hi AS VARCHAR)
            END
        END AS said,
    observations.value,
    observations.number,
    observations.unit,
    observations.aspect,
    observations.previous,
    observations.polarity,
    observations.modality,
    observations.speaker,
    observations.speaker_entity,
    observations.speaker_bloc,
    observations.chain,
    observations.source_id,
    sources.name AS outlet,
    sources.bloc AS outlet_bloc,
    observations.language,
    observations.sentence,
    observations.article_id,
    articles.link,
    withdrawals.withdrawn_at,
    withdrawals.reason AS withdrawn,
    observations.observed_at,
    observations.recorded_at
FROM observations
LEFT JOIN claims ON claims.claim_id = observations.claim_id
LEFT JOIN sources ON sources.source_id = observations.source_id
LEFT JOIN articles ON articles.article_id = observations.article_id
LEFT JOIN withdrawals ON withdrawals.observation_id = observations.observation_id;
