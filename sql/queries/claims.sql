-- What is believed of each claim now, since when, and how many independent sources stand behind it.
SELECT topic_id AS topic, claim_id AS claim, statement, value, unit, contested, settled, support, valid_from AS since
FROM current_beliefs
WHERE layer = 'overall'
ORDER BY topic, claim;
