-- How long each alerted article took from publication to Slack, in seconds between one step and the next.
CREATE OR REPLACE VIEW latency AS
SELECT
    alerts.alert_id,
    alerts.article_id,
    articles.source_id,
    alerts.topics,
    coalesce(articles.published, revision.published) AS published,
    articles.seen_at,
    revision.fetched_at,
    alerts.created_at AS queued_at,
    delivered.sent_at,
    epoch(articles.seen_at) - epoch(coalesce(articles.published, revision.published)) AS published_to_seen_s,
    epoch(revision.fetched_at) - epoch(articles.seen_at) AS seen_to_fetched_s,
    epoch(alerts.created_at) - epoch(revision.fetched_at) AS fetched_to_queued_s,
    epoch(delivered.sent_at) - epoch(alerts.created_at) AS queued_to_sent_s,
    epoch(delivered.sent_at) - epoch(articles.seen_at) AS seen_to_sent_s
FROM alerts
JOIN articles USING (article_id)
LEFT JOIN (
    SELECT article_id, min(fetched_at) AS fetched_at, min_by(published, fetched_at) AS published
    FROM revisions
    GROUP BY article_id
) AS revision USING (article_id)
LEFT JOIN (
    SELECT alert_id, min(occurred_at) AS sent_at
    FROM deliveries
    WHERE outcome IN ('sent', 'found')
    GROUP BY alert_id
) AS delivered USING (alert_id);
