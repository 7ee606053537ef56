-- The last 50 alerts and where each stands.
SELECT created_at, channel, topics, status, attempts, retry_at, error, text
FROM alert_status
ORDER BY created_at DESC
LIMIT 50;
