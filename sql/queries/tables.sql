-- What the archive holds: tables and views, and what they say.
SELECT table_name AS name, 'table' AS kind, estimated_size AS rows, comment
FROM duckdb_tables()
WHERE database_name = current_database()
UNION ALL
SELECT view_name, 'view', NULL, comment
FROM duckdb_views()
WHERE database_name = current_database() AND NOT internal
ORDER BY kind, name;
