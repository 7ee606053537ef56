-- How much attention each bloc gives a topic: articles and outlets a day.
SELECT
    topic_id AS topic,
    CAST(coalesce(published, seen_at) AS DATE) AS day,
    bloc,
    count(*) AS articles,
    count(DISTINCT source_id) AS outlets
FROM topic_articles
GROUP BY ALL
ORDER BY topic, day DESC, articles DESC;
