-- Version 1. Instants are whole microseconds since 1970-01-01Z; JSON bodies are text; cells are signed 64-bit S2 ids.
-- Plain tables and btree indexes only, so that what speaks PostgreSQL's language takes it too (ADR 0007). Every statement may
-- be run again: where a database can't make tables inside a transaction, an interrupted making goes on from where it was.
-- Tables that are written with ON CONFLICT DO UPDATE have no partial index.
-- Row numbers are not sequences: a job takes the next one inside its transaction, so that they grow as jobs are committed.

CREATE TABLE IF NOT EXISTS meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

INSERT INTO meta VALUES ('rulebook_version', '0'), ('last_at', '0') ON CONFLICT (key) DO NOTHING;

-- Parties, forces, stances, areas, controls, sites, understandings; every version stays.
CREATE TABLE IF NOT EXISTS thing (
  kind    TEXT NOT NULL,
  id      TEXT NOT NULL,
  version BIGINT NOT NULL,
  owner   TEXT NOT NULL,
  body    TEXT NOT NULL,
  at      BIGINT NOT NULL,
  current BIGINT NOT NULL CHECK (current IN (0, 1)),
  PRIMARY KEY (kind, id, version)
);
CREATE UNIQUE INDEX IF NOT EXISTS thing_current ON thing (kind, id) WHERE current = 1;
CREATE INDEX IF NOT EXISTS thing_owner ON thing (owner, kind) WHERE current = 1;

CREATE TABLE IF NOT EXISTS signature (
  understanding  TEXT NOT NULL,
  content_sha256 TEXT NOT NULL,
  party          TEXT NOT NULL,
  body           TEXT NOT NULL,
  PRIMARY KEY (understanding, content_sha256, party)
);

-- Operations; every version stays, one is current. `leaf` is a leaf's idx, written in the same transaction.
CREATE TABLE IF NOT EXISTS operation (
  seq            BIGINT PRIMARY KEY,
  id             TEXT NOT NULL,
  version        BIGINT NOT NULL,
  party          TEXT NOT NULL,
  state          TEXT NOT NULL,
  starts_at      BIGINT NOT NULL,
  ends_at        BIGINT NOT NULL,
  filed_at       BIGINT NOT NULL,
  moved_at       BIGINT NOT NULL,
  first_filed_at BIGINT NOT NULL,
  movement       TEXT NOT NULL,
  kid            TEXT,
  leaf           BIGINT NOT NULL,
  body           TEXT NOT NULL,
  current        BIGINT NOT NULL CHECK (current IN (0, 1)),
  UNIQUE (id, version)
);
CREATE UNIQUE INDEX IF NOT EXISTS operation_current ON operation (id) WHERE current = 1;
CREATE INDEX IF NOT EXISTS operation_window ON operation (ends_at, starts_at) WHERE current = 1;
CREATE INDEX IF NOT EXISTS operation_party ON operation (party, ends_at) WHERE current = 1;

-- To whom an operation's own disclosure shows it ('*': everybody), for the current version.
CREATE TABLE IF NOT EXISTS released (
  party     TEXT NOT NULL,
  operation TEXT NOT NULL,
  PRIMARY KEY (party, operation)
);
CREATE INDEX IF NOT EXISTS released_operation ON released (operation);

-- Which cells an operation that still takes space touches: candidates, never verdicts. `operation` is the seq of its row.
CREATE TABLE IF NOT EXISTS cell (
  cell      BIGINT NOT NULL,
  operation BIGINT NOT NULL,
  starts_at BIGINT NOT NULL,
  ends_at   BIGINT NOT NULL,
  lower_m   DOUBLE PRECISION NOT NULL,
  upper_m   DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (cell, operation)
);
CREATE INDEX IF NOT EXISTS cell_operation ON cell (operation);
CREATE INDEX IF NOT EXISTS cell_ends ON cell (ends_at);

-- Its volumes as the index in memory takes them (geometry/held.py), to fill that quickly.
CREATE TABLE IF NOT EXISTS volumes (
  operation BIGINT PRIMARY KEY,
  columns   BYTEA NOT NULL
);

CREATE TABLE IF NOT EXISTS finding (
  seq            BIGINT PRIMARY KEY,
  id             TEXT NOT NULL,
  kind           TEXT NOT NULL,
  operation      TEXT NOT NULL,
  other          TEXT,
  site           TEXT,
  opened_at      BIGINT NOT NULL,
  closed_at      BIGINT,
  closed_because TEXT,
  body           TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS finding_open ON finding (id) WHERE closed_at IS NULL;
CREATE INDEX IF NOT EXISTS finding_id ON finding (id);
CREATE INDEX IF NOT EXISTS finding_site ON finding (site) WHERE site IS NOT NULL;
CREATE INDEX IF NOT EXISTS finding_operation ON finding (operation, closed_at);
CREATE INDEX IF NOT EXISTS finding_other ON finding (other, closed_at) WHERE other IS NOT NULL;

CREATE TABLE IF NOT EXISTS ask (
  id        TEXT PRIMARY KEY,
  finding   TEXT NOT NULL,
  operation TEXT NOT NULL,
  of_party  TEXT NOT NULL,
  state     TEXT NOT NULL,
  due_at    BIGINT,
  body      TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ask_finding ON ask (finding);
CREATE INDEX IF NOT EXISTS ask_operation ON ask (operation);
CREATE INDEX IF NOT EXISTS ask_party ON ask (of_party, state);
CREATE INDEX IF NOT EXISTS ask_due ON ask (due_at);

CREATE TABLE IF NOT EXISTS answer (
  id    TEXT PRIMARY KEY,
  ask   TEXT NOT NULL,
  party TEXT NOT NULL,
  at    BIGINT NOT NULL,
  body  TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS answer_ask ON answer (ask, at);

-- Who was told what, when: the outbox of the courier, and the record of it.
CREATE TABLE IF NOT EXISTS event (
  seq          BIGINT PRIMARY KEY,
  party        TEXT NOT NULL,
  type         TEXT NOT NULL,
  subject      TEXT NOT NULL,
  at           BIGINT NOT NULL,
  delivered_at BIGINT
);
CREATE INDEX IF NOT EXISTS event_party ON event (party, seq);
CREATE INDEX IF NOT EXISTS event_waiting ON event (party, seq) WHERE delivered_at IS NULL;

-- The log. data is the entry (RFC 8785), content what it commits to (the bytes as they came), salt opens it.
CREATE TABLE IF NOT EXISTS leaf (
  idx     BIGINT PRIMARY KEY,
  data    BYTEA NOT NULL,
  salt    BYTEA NOT NULL,
  content BYTEA
);
CREATE TABLE IF NOT EXISTS node (
  level BIGINT NOT NULL,
  idx   BIGINT NOT NULL,
  hash  BYTEA NOT NULL,
  PRIMARY KEY (level, idx)
);

CREATE TABLE IF NOT EXISTS remembered (
  party          TEXT NOT NULL,
  key            TEXT NOT NULL,
  request_sha256 TEXT NOT NULL,
  response       TEXT NOT NULL,
  at             BIGINT NOT NULL,
  PRIMARY KEY (party, key)
);

CREATE TABLE IF NOT EXISTS spent (
  party TEXT NOT NULL,
  day   TEXT NOT NULL,
  cell  BIGINT NOT NULL,
  PRIMARY KEY (party, day, cell)
);

-- F3548-21: what a DSS keeps. Rows go when their manager deletes them; the log keeps what happened.

-- References to operational intents and constraints. `ovn` is secret between the manager and whom it tells.
CREATE TABLE IF NOT EXISTS utm_reference (
  seq          BIGINT PRIMARY KEY,
  kind         TEXT NOT NULL CHECK (kind IN ('intent', 'constraint')),
  id           TEXT NOT NULL,
  manager      TEXT NOT NULL,
  version      BIGINT NOT NULL,
  ovn          TEXT NOT NULL,
  state        TEXT,
  starts_at    BIGINT NOT NULL,
  ends_at      BIGINT NOT NULL,
  lower_m      DOUBLE PRECISION NOT NULL,
  upper_m      DOUBLE PRECISION NOT NULL,
  uss_base_url TEXT NOT NULL,
  subscription TEXT,
  UNIQUE (kind, id)
);
CREATE INDEX IF NOT EXISTS utm_reference_subscription ON utm_reference (subscription);

CREATE TABLE IF NOT EXISTS utm_subscription (
  seq                BIGINT PRIMARY KEY,
  id                 TEXT NOT NULL UNIQUE,
  manager            TEXT NOT NULL,
  version            TEXT NOT NULL,
  notification_index BIGINT NOT NULL,
  starts_at          BIGINT NOT NULL,
  ends_at            BIGINT NOT NULL,
  uss_base_url       TEXT NOT NULL,
  intents            BIGINT NOT NULL CHECK (intents IN (0, 1)),
  constraints        BIGINT NOT NULL CHECK (constraints IN (0, 1)),
  implicit           BIGINT NOT NULL CHECK (implicit IN (0, 1))
);

-- The level-13 cells of references and subscriptions (`item`: their seq), with their heights and times. Subscriptions stand
-- at all heights.
CREATE TABLE IF NOT EXISTS utm_cell (
  kind      TEXT NOT NULL CHECK (kind IN ('intent', 'constraint', 'subscription')),
  cell      BIGINT NOT NULL,
  ends_at   BIGINT NOT NULL,
  item      BIGINT NOT NULL,
  starts_at BIGINT NOT NULL,
  lower_m   DOUBLE PRECISION NOT NULL,
  upper_m   DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (kind, cell, ends_at, item)
);
CREATE INDEX IF NOT EXISTS utm_cell_item ON utm_cell (kind, item);

CREATE TABLE IF NOT EXISTS utm_availability (
  uss     TEXT PRIMARY KEY,
  state   TEXT NOT NULL,
  version TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS utm_report (
  id    TEXT PRIMARY KEY,
  party TEXT NOT NULL,
  at    BIGINT NOT NULL,
  body  TEXT NOT NULL
);

-- OVNs of intents that were current a few minutes ago: none comes twice, and the keys of others may still name them for a
-- moment while an off-nominal flight keeps updating.
CREATE TABLE IF NOT EXISTS utm_past_ovn (
  ovn         TEXT PRIMARY KEY,
  intent      TEXT NOT NULL,
  replaced_at BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS utm_past_ovn_intent ON utm_past_ovn (intent, replaced_at);
CREATE INDEX IF NOT EXISTS utm_past_ovn_at ON utm_past_ovn (replaced_at);

-- The answer to the last accepted write of each thing, for whoever asks again because it did not arrive.
CREATE TABLE IF NOT EXISTS utm_answer (
  kind           TEXT NOT NULL,
  id             TEXT NOT NULL,
  party          TEXT NOT NULL,
  request_sha256 TEXT NOT NULL,
  response       TEXT NOT NULL,
  delivered      BIGINT NOT NULL CHECK (delivered IN (0, 1)),
  PRIMARY KEY (kind, id)
);
