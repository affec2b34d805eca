-- Version 6. The exchange as a USS: what it takes in.

-- References of other USSs that are operations here, so that liaison cells see them and rules hold for them.
CREATE TABLE adopted (
  kind      TEXT NOT NULL CHECK (kind IN ('intent', 'constraint')),
  reference TEXT NOT NULL,
  operation TEXT NOT NULL UNIQUE,
  PRIMARY KEY (kind, reference)
) STRICT, WITHOUT ROWID;

-- References whose details are to be asked of their managers. `leased_until`: somebody is at it till then.
CREATE TABLE utm_fetch (
  seq          INTEGER PRIMARY KEY,
  kind         TEXT NOT NULL CHECK (kind IN ('intent', 'constraint')),
  reference    TEXT NOT NULL,
  manager      TEXT NOT NULL,
  url          TEXT NOT NULL,
  at           INTEGER NOT NULL,
  due_at       INTEGER NOT NULL,
  tries        INTEGER NOT NULL,
  leased_until INTEGER NOT NULL,
  UNIQUE (kind, reference)
) STRICT;
CREATE INDEX utm_fetch_from ON utm_fetch (manager, url, seq);

-- What was said between the exchange and USSs: the standard's records of exchanges, for its log sets.
CREATE TABLE utm_message (
  seq       INTEGER PRIMARY KEY,
  at        INTEGER NOT NULL,
  kind      TEXT NOT NULL CHECK (kind IN ('intent', 'constraint')),
  reference TEXT NOT NULL,
  party     TEXT NOT NULL,
  record    TEXT NOT NULL
) STRICT;
CREATE INDEX utm_message_of ON utm_message (reference, seq);
CREATE INDEX utm_message_at ON utm_message (at);

-- Where an operation was last, as its party says: for USSs that ask while it is off-nominal. No history.
CREATE TABLE fix (
  operation TEXT PRIMARY KEY,
  body      TEXT NOT NULL
) STRICT, WITHOUT ROWID;
