-- How the feeds do: trouble first, then the busiest.
SELECT outlet, feed_url, last_outcome, failures_in_a_row, last_ok_at, entries_per_day, next_poll_at, last_error
FROM feed_health
WHERE declared
ORDER BY failures_in_a_row DESC, entries_per_day DESC NULLS LAST, feed_url;
