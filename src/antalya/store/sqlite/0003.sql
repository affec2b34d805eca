-- Version 3. The exchange as a USS: what it shows, and whom it tells.

-- What of the exchange's own things has a reference at the drone door: operations, keep-out rules of understandings (`subject`:
-- the understanding, `part`: the rule), sites.
CREATE TABLE bridged (
  source    TEXT NOT NULL CHECK (source IN ('operation', 'rule', 'site')),
  subject   TEXT NOT NULL,
  part      TEXT NOT NULL,
  kind      TEXT NOT NULL CHECK (kind IN ('intent', 'constraint')),
  reference TEXT NOT NULL UNIQUE,
  shown     TEXT NOT NULL,
  ends_at   INTEGER NOT NULL,
  PRIMARY KEY (source, subject, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX bridged_ends ON bridged (ends_at);

-- The outbox to USSs: whom to tell of a change of such a reference. Rows go when they are delivered or given up; the log says
-- which. `leased_until`: somebody is at it till then.
CREATE TABLE utm_notice (
  seq           INTEGER PRIMARY KEY,
  kind          TEXT NOT NULL CHECK (kind IN ('intent', 'constraint')),
  reference     TEXT NOT NULL,
  manager       TEXT NOT NULL,
  url           TEXT NOT NULL,
  subscriptions TEXT NOT NULL,
  at            INTEGER NOT NULL,
  due_at        INTEGER NOT NULL,
  tries         INTEGER NOT NULL,
  leased_until  INTEGER NOT NULL
) STRICT;
CREATE INDEX utm_notice_to ON utm_notice (manager, url, seq);
