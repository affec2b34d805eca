-- Version 2. F3548-21: what a DSS keeps. Rows go when their manager deletes them; the log keeps what happened.

-- References to operational intents and constraints. `ovn` is secret between the manager and whom it tells.
CREATE TABLE utm_reference (
  seq          INTEGER PRIMARY KEY,
  kind         TEXT NOT NULL CHECK (kind IN ('intent', 'constraint')),
  id           TEXT NOT NULL,
  manager      TEXT NOT NULL,
  version      INTEGER NOT NULL,
  ovn          TEXT NOT NULL,
  state        TEXT,
  starts_at    INTEGER NOT NULL,
  ends_at      INTEGER NOT NULL,
  lower_m      REAL NOT NULL,
  upper_m      REAL NOT NULL,
  uss_base_url TEXT NOT NULL,
  subscription TEXT,
  UNIQUE (kind, id)
) STRICT;
CREATE INDEX utm_reference_subscription ON utm_reference (subscription) WHERE subscription IS NOT NULL;

CREATE TABLE utm_subscription (
  seq                INTEGER PRIMARY KEY,
  id                 TEXT NOT NULL UNIQUE,
  manager            TEXT NOT NULL,
  version            TEXT NOT NULL,
  notification_index INTEGER NOT NULL,
  starts_at          INTEGER NOT NULL,
  ends_at            INTEGER NOT NULL,
  uss_base_url       TEXT NOT NULL,
  intents            INTEGER NOT NULL CHECK (intents IN (0, 1)),
  constraints        INTEGER NOT NULL CHECK (constraints IN (0, 1)),
  implicit           INTEGER NOT NULL CHECK (implicit IN (0, 1))
) STRICT;

-- The level-13 cells of references and subscriptions (`item`: their seq), with their heights and times. Subscriptions stand
-- at all heights.
CREATE TABLE utm_cell (
  kind      TEXT NOT NULL CHECK (kind IN ('intent', 'constraint', 'subscription')),
  cell      INTEGER NOT NULL,
  ends_at   INTEGER NOT NULL,
  item      INTEGER NOT NULL,
  starts_at INTEGER NOT NULL,
  lower_m   REAL NOT NULL,
  upper_m   REAL NOT NULL,
  PRIMARY KEY (kind, cell, ends_at, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX utm_cell_item ON utm_cell (kind, item);

CREATE TABLE utm_availability (
  uss     TEXT PRIMARY KEY,
  state   TEXT NOT NULL,
  version TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE utm_report (
  id    TEXT PRIMARY KEY,
  party TEXT NOT NULL,
  at    INTEGER NOT NULL,
  body  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- OVNs of intents that were current a few minutes ago: none comes twice, and the keys of others may still name them for a
-- moment while an off-nominal flight keeps updating.
CREATE TABLE utm_past_ovn (
  ovn         TEXT PRIMARY KEY,
  intent      TEXT NOT NULL,
  replaced_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX utm_past_ovn_intent ON utm_past_ovn (intent, replaced_at);
CREATE INDEX utm_past_ovn_at ON utm_past_ovn (replaced_at);

-- The answer to the last accepted write of each thing, for whoever asks again because it did not arrive.
CREATE TABLE utm_answer (
  kind           TEXT NOT NULL,
  id             TEXT NOT NULL,
  party          TEXT NOT NULL,
  request_sha256 TEXT NOT NULL,
  response       TEXT NOT NULL,
  delivered      INTEGER NOT NULL CHECK (delivered IN (0, 1)),
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
