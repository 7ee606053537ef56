-- Seconds from a feed's entry to Slack, hop by hop: median and 95th percentile of what was sent.
SELECT
    count(*) AS alerts,
    round(median(published_to_seen_s), 1) AS published_to_seen_median,
    round(median(seen_to_fetched_s), 1) AS seen_to_fetched_median,
    round(median(fetched_to_queued_s), 1) AS fetched_to_queued_median,
    round(median(queued_to_sent_s), 1) AS queued_to_sent_median,
    round(median(seen_to_sent_s), 1) AS seen_to_sent_median,
    round(quantile_cont(seen_to_sent_s, 0.95), 1) AS seen_to_sent_p95
FROM latency
WHERE sent_at IS NOT NULL;
