-- Version 10. Nobody asks the tables for who is where any more: the index in memory knows it (store/hot.py).
DROP TABLE cell;

-- What is over is found by the ends of operations, from `hot_since` on: before it, nothing that ended is in `volumes`.
UPDATE meta SET value = (SELECT CAST(min(ends_at) AS TEXT) FROM volumes)
WHERE key = 'hot_since' AND CAST(value AS INTEGER) > (SELECT min(ends_at) FROM volumes);
DROP INDEX volumes_ends;
ALTER TABLE volumes DROP COLUMN ends_at;
