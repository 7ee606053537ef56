-- Changes with what was said, by whom and where; told is false where nobody was alerted, for the reason in suppressed.
CREATE OR REPLACE VIEW claim_changes AS
SELECT
    changes.change_id,
    changes.claim_id,
    claims.statement,
    claims.topic_id,
    changes.kind,
    changes.layer,
    changes.holder,
    array_to_string(changes.old, ' or ') AS old,
    array_to_string(changes.new, ' or ') AS new,
    claims.unit,
    changes.occurred_at,
    changes.confirmed,
    changes.confirms IS NOT NULL AS is_confirmation,
    changes.suppressed IS NULL AS told,
    changes.suppressed,
    said.speaker,
    said.speaker_bloc,
    said.outlet,
    said.outlet_bloc,
    said.language,
    said.sentence,
    said.link,
    changes.observation_id,
    changes.article_id,
    changes.recorded_at
FROM changes
LEFT JOIN claims ON claims.claim_id = changes.claim_id
LEFT JOIN claim_observations AS said ON said.observation_id = changes.observation_id;
