-- Alerts with where each stands: its newest delivery, or waiting.
CREATE OR REPLACE VIEW alert_status AS
SELECT
    alerts.alert_id,
    alerts.kind,
    alerts.created_at,
    alerts.channel,
    alerts.topics,
    alerts.article_id,
    coalesce(newest.outcome, 'waiting') AS status,
    newest.status_at,
    coalesce(newest.attempts, 0) AS attempts,
    newest.retry_at,
    newest.error,
    newest.ts,
    alerts.text
FROM alerts
LEFT JOIN (
    -- By attempt before time, so that a clock that was set back cannot shuffle them.
    SELECT
        alert_id,
        max_by(outcome, (attempt, outcome <> 'attempted', occurred_at)) AS outcome,
        arg_max_null(occurred_at, (attempt, outcome <> 'attempted', occurred_at)) AS status_at,
        max(attempt) AS attempts,
        arg_max_null(retry_at, (attempt, outcome <> 'attempted', occurred_at)) AS retry_at,
        arg_max_null(error, (attempt, outcome <> 'attempted', occurred_at)) AS error,
        max_by(ts, (attempt, outcome <> 'attempted', occurred_at)) AS ts
    FROM deliveries
    GROUP BY alert_id
) AS newest USING (alert_id);
