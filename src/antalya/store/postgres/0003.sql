-- Version 3. Looking into the past: by time whatever the length of an operation, and of one operation without its whole history.

-- `operation_time` begins with the class of an operation's length (store/past.py): what overlaps a window
-- is a range of each class.
DROP INDEX IF EXISTS operation_window;
CREATE INDEX IF NOT EXISTS operation_time ON operation ((CASE
  WHEN ends_at - starts_at <= 3600000000 THEN 0
  WHEN ends_at - starts_at <= 14400000000 THEN 1
  WHEN ends_at - starts_at <= 57600000000 THEN 2
  WHEN ends_at - starts_at <= 230400000000 THEN 3
  WHEN ends_at - starts_at <= 921600000000 THEN 4
  ELSE 5 END), ends_at, starts_at, seq) WHERE current = 1;

DROP INDEX IF EXISTS ask_operation;
CREATE INDEX IF NOT EXISTS ask_operation_of ON ask (operation, of_party);
DROP INDEX IF EXISTS ask_finding;
CREATE INDEX IF NOT EXISTS ask_finding_of ON ask (finding, of_party);
CREATE INDEX IF NOT EXISTS finding_hot ON finding (seq) WHERE closed_at IS NULL;
