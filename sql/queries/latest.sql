-- What is newest on the topics: the last 50 articles.
SELECT coalesce(published, seen_at) AS time, topic_id AS topic, outlet, bloc, language, title, link
FROM topic_articles
ORDER BY time DESC, topic
LIMIT 50;
