-- Why articles are on their topics: the words that decided, newest articles first.
SELECT
    topic_id AS topic,
    round(score, 2) AS score,
    outlet,
    title,
    list_transform(evidence, lambda one: one.text || ' (' || one.field || ' ' || one.start || ')') AS words
FROM topic_articles
ORDER BY coalesce(published, seen_at) DESC, topic
LIMIT 50;
