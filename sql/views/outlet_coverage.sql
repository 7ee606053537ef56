-- Outlets on a topic: how many articles, and when they first and last reported (as published, else as seen).
CREATE OR REPLACE VIEW outlet_coverage AS
SELECT
    topic_id,
    source_id,
    any_value(outlet) AS outlet,
    any_value(bloc) AS bloc,
    count(*) AS articles,
    min(coalesce(published, seen_at)) AS first_report,
    max(coalesce(published, seen_at)) AS last_report
FROM topic_articles
GROUP BY topic_id, source_id;
