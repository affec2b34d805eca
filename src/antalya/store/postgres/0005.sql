-- Version 5. The index in memory keeps what separation an operation of each activity needs: its number in ACTIVITIES
-- (model/operations.py).
ALTER TABLE volumes ADD COLUMN IF NOT EXISTS kind SMALLINT NOT NULL DEFAULT 0;
UPDATE volumes SET kind = (SELECT CASE body::jsonb ->> 'activity'
  WHEN 'flight' THEN 0 WHEN 'drone' THEN 1 WHEN 'ground-movement' THEN 2 WHEN 'patrol' THEN 3 WHEN 'interposition' THEN 4
  WHEN 'fires' THEN 5 WHEN 'exercise' THEN 6 WHEN 'convoy' THEN 7 WHEN 'medevac' THEN 8 WHEN 'relief' THEN 9
  WHEN 'survey' THEN 10 WHEN 'works' THEN 11 ELSE 12 END FROM operation WHERE seq = volumes.operation);
