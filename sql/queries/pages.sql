-- How articles were read, by outlet: exact, rough or from the feed only, and why there was no page.
SELECT sources.name AS outlet, revisions.text_origin, revisions.page_status, count(*) AS revisions
FROM revisions
JOIN articles USING (article_id)
LEFT JOIN sources ON sources.source_id = articles.source_id
GROUP BY ALL
ORDER BY outlet, revisions DESC;
