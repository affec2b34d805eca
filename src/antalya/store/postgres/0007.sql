-- Version 7. What a filing writes lies on fewer pages. Each statement can be run again, also by one who comes late.

-- The log's perfect subtrees in the order in which leaves complete them (ledger/merkle.py, `place`): new ones come at the end.
-- A subtree that leaf n completes has 2n - (bits set in n) before it, and those below it that n completes as well.
CREATE TABLE IF NOT EXISTS subtree (
  at   BIGINT PRIMARY KEY,
  hash BYTEA NOT NULL
);
CREATE TABLE IF NOT EXISTS node (level BIGINT NOT NULL, idx BIGINT NOT NULL, hash BYTEA NOT NULL, PRIMARY KEY (level, idx));
INSERT INTO subtree (at, hash)
SELECT 2 * n - ((quads + (quads >> 4)) & 1085102592571150095) % 255 + level, hash
FROM (SELECT n, level, hash, (pairs & 3689348814741910323) + ((pairs >> 2) & 3689348814741910323) AS quads
      FROM (SELECT n, level, hash, n - ((n >> 1) & 6148914691236517205) AS pairs
            FROM (SELECT ((idx + 1) << level::int) - 1 AS n, level, hash FROM node) a) b) c
ORDER BY 1
ON CONFLICT (at) DO NOTHING;

-- What is over is found by the end of what is in the index, once for an operation, not for each of its cells.
ALTER TABLE volumes ADD COLUMN IF NOT EXISTS ends_at BIGINT NOT NULL DEFAULT 0;
UPDATE volumes SET ends_at = (SELECT ends_at FROM operation WHERE seq = volumes.operation);
CREATE INDEX IF NOT EXISTS volumes_ends ON volumes (ends_at);
DROP INDEX IF EXISTS cell_ends;

-- Nobody asks for a party's operations by time alone: in the order of rows, new ones come at the end.
CREATE INDEX IF NOT EXISTS operation_of_party ON operation (party, seq) WHERE current = 1;
DROP INDEX IF EXISTS operation_party;
