-- Articles on a topic, one row an article and topic; an article that was once on a topic stays.
CREATE OR REPLACE VIEW topic_articles AS
SELECT
    newest.topic_id,
    articles.article_id,
    articles.source_id,
    sources.name AS outlet,
    sources.bloc,
    revisions.language,
    revisions.title,
    articles.url,
    articles.link,
    coalesce(revisions.published, articles.published) AS published,
    articles.seen_at,
    articles.first_poll,
    newest.score,
    newest.evidence,
    newest.revision_id
FROM (
    SELECT
        article_id,
        topic_id,
        max_by(score, recorded_at) AS score,
        max_by(evidence, recorded_at) AS evidence,
        max_by(revision_id, recorded_at) AS revision_id
    FROM matches
    GROUP BY article_id, topic_id
) AS newest
JOIN articles ON articles.article_id = newest.article_id
JOIN revisions ON revisions.revision_id = newest.revision_id
LEFT JOIN sources ON sources.source_id = articles.source_id;
