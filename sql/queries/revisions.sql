-- Articles that changed after they were first read, with how much the text grew or shrank.
SELECT
    outlet,
    articles_latest.url,
    articles_latest.revisions,
    min(revisions.fetched_at) AS first_read,
    max(revisions.fetched_at) AS last_read,
    max_by(length(revisions.text), revisions.fetched_at) - min_by(length(revisions.text), revisions.fetched_at) AS grew,
    min_by(revisions.title, revisions.fetched_at) AS first_title,
    articles_latest.title AS last_title
FROM articles_latest
JOIN revisions USING (article_id)
WHERE articles_latest.revisions > 1
GROUP BY ALL
ORDER BY last_read DESC;
