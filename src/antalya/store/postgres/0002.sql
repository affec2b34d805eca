-- Version 2. The exchange as a USS: what it shows, and whom it tells.

-- What of the exchange's own things has a reference at the drone door: operations, keep-out rules of understandings (`subject`:
-- the understanding, `part`: the rule), sites.
CREATE TABLE IF NOT EXISTS bridged (
  source    TEXT NOT NULL CHECK (source IN ('operation', 'rule', 'site')),
  subject   TEXT NOT NULL,
  part      TEXT NOT NULL,
  kind      TEXT NOT NULL CHECK (kind IN ('intent', 'constraint')),
  reference TEXT NOT NULL UNIQUE,
  shown     TEXT NOT NULL,
  ends_at   BIGINT NOT NULL,
  PRIMARY KEY (source, subject, part)
);
CREATE INDEX IF NOT EXISTS bridged_ends ON bridged (ends_at);

-- The outbox to USSs: whom to tell of a change of such a reference. Rows go when they are delivered or given up; the log says
-- which. `leased_until`: somebody is at it till then.
CREATE TABLE IF NOT EXISTS utm_notice (
  seq           BIGINT PRIMARY KEY,
  kind          TEXT NOT NULL CHECK (kind IN ('intent', 'constraint')),
  reference     TEXT NOT NULL,
  manager       TEXT NOT NULL,
  url           TEXT NOT NULL,
  subscriptions TEXT NOT NULL,
  at            BIGINT NOT NULL,
  due_at        BIGINT NOT NULL,
  tries         BIGINT NOT NULL,
  leased_until  BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS utm_notice_to ON utm_notice (manager, url, seq);
