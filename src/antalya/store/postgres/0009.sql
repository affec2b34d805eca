-- Version 9. Nobody asks the tables for who is where any more: the index in memory knows it (store/hot.py).
DROP TABLE IF EXISTS cell;

-- What is over is found by the ends of operations, from `hot_since` on: before it, nothing that ended is in `volumes`.
UPDATE meta SET value = CAST(LEAST(CAST(value AS BIGINT), (
  SELECT min(o.ends_at) FROM operation o JOIN volumes v ON v.operation = o.seq)) AS TEXT)
WHERE key = 'hot_since';
DROP INDEX IF EXISTS volumes_ends;
ALTER TABLE volumes DROP COLUMN IF EXISTS ends_at;
