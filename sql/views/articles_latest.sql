-- Articles with their newest revision and their outlet.
CREATE OR REPLACE VIEW articles_latest AS
SELECT
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
    revisions.fetched_at,
    newest.revisions,
    revisions.revision_id,
    revisions.text_origin,
    revisions.page_status,
    revisions.authors,
    revisions.text
FROM articles
JOIN (
    SELECT article_id, count(*) AS revisions, max_by(revision_id, (fetched_at, recorded_at)) AS revision_id
    FROM revisions
    GROUP BY article_id
) AS newest USING (article_id)
JOIN revisions ON revisions.revision_id = newest.revision_id
LEFT JOIN sources ON sources.source_id = articles.source_id;
