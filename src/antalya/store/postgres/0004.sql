-- Version 4. The exchange as a USS: what it takes in.

-- References of other USSs that are operations here, so that liaison cells see them and rules hold for them.
CREATE TABLE IF NOT EXISTS adopted (
  kind      TEXT NOT NULL CHECK (kind IN ('intent', 'constraint')),
  reference TEXT NOT NULL,
  operation TEXT NOT NULL UNIQUE,
  PRIMARY KEY (kind, reference)
);

-- References whose details are to be asked of their managers. `leased_until`: somebody is at it till then.
CREATE TABLE IF NOT EXISTS utm_fetch (
  seq          BIGINT PRIMARY KEY,
  kind         TEXT NOT NULL CHECK (kind IN ('intent', 'constraint')),
  reference    TEXT NOT NULL,
  manager      TEXT NOT NULL,
  url          TEXT NOT NULL,
  at           BIGINT NOT NULL,
  due_at       BIGINT NOT NULL,
  tries        BIGINT NOT NULL,
  leased_until BIGINT NOT NULL,
  UNIQUE (kind, reference)
);
CREATE INDEX IF NOT EXISTS utm_fetch_from ON utm_fetch (manager, url, seq);

-- What was said between the exchange and USSs: the standard's records of exchanges, for its log sets.
CREATE TABLE IF NOT EXISTS utm_message (
  seq       BIGINT PRIMARY KEY,
  at        BIGINT NOT NULL,
  kind      TEXT NOT NULL CHECK (kind IN ('intent', 'constraint')),
  reference TEXT NOT NULL,
  party     TEXT NOT NULL,
  record    TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS utm_message_of ON utm_message (reference, seq);
CREATE INDEX IF NOT EXISTS utm_message_at ON utm_message (at);

-- Where an operation was last, as its party says: for USSs that ask while it is off-nominal. No history.
CREATE TABLE IF NOT EXISTS fix (
  operation TEXT PRIMARY KEY,
  body      TEXT NOT NULL
);
