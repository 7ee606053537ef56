-- Who reports on which topic: articles, first report, and how long after the first outlet.
SELECT
    topic_id AS topic,
    outlet,
    bloc,
    articles,
    first_report,
    first_report - min(first_report) OVER (PARTITION BY topic_id) AS behind_first,
    last_report
FROM outlet_coverage
ORDER BY topic, first_report;
