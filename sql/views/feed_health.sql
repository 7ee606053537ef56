-- Feeds with what came of asking them; entries_per_day is over the last week it was asked, without its first poll; faulty_items are of the document last read.
CREATE OR REPLACE VIEW feed_health AS
WITH numbered AS (
    SELECT
        *,
        outcome IN ('failed', 'unreadable', 'gone') AS failed,
        min(polled_at) OVER (PARTITION BY feed_url) AS first_polled_at,
        max(polled_at) OVER (PARTITION BY feed_url) AS last_polled_at,
        max(polled_at) FILTER (WHERE outcome NOT IN ('failed', 'unreadable', 'gone'))
            OVER (PARTITION BY feed_url) AS last_ok_at
    FROM polls
),
summed AS (
    SELECT
        feed_url,
        any_value(last_polled_at) AS last_polled_at,
        any_value(last_ok_at) AS last_ok_at,
        max_by(outcome, polled_at) AS last_outcome,
        arg_max_null(status, polled_at) AS last_status,
        arg_max_null(error, polled_at) AS last_error,
        max_by(next_poll_at, polled_at) AS next_poll_at,
        coalesce(max_by(faulty, polled_at) FILTER (WHERE outcome IN ('new', 'unchanged', 'moved')), 0) AS faulty_items,
        count(*) FILTER (WHERE failed AND (last_ok_at IS NULL OR polled_at > last_ok_at)) AS failures_in_a_row,
        coalesce(sum(new) FILTER (WHERE polled_at > first_polled_at AND polled_at > last_polled_at - INTERVAL 7 DAY), 0)
            / greatest(1, least(7, any_value(epoch(last_polled_at - first_polled_at)) / 86400)) AS entries_per_day
    FROM numbered
    GROUP BY feed_url
)
SELECT
    feeds.feed_url,
    feeds.source_id,
    sources.name AS outlet,
    feeds.declared,
    coalesce(summed.last_outcome, 'never polled') AS last_outcome,
    summed.last_status,
    summed.last_error,
    summed.last_polled_at,
    summed.last_ok_at,
    coalesce(summed.failures_in_a_row, 0) AS failures_in_a_row,
    coalesce(summed.faulty_items, 0) AS faulty_items,
    round(summed.entries_per_day, 1) AS entries_per_day,
    summed.next_poll_at
FROM feeds
LEFT JOIN summed USING (feed_url)
LEFT JOIN sources ON sources.source_id = feeds.source_id;
