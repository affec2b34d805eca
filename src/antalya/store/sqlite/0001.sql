-- Version 1. Instants are whole microseconds since 1970-01-01Z; JSON bodies are text; cells are signed 64-bit S2 ids.

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta VALUES ('rulebook_version', '0'), ('last_at', '0');

-- Parties, forces, stances, areas, controls, sites, understandings; every version stays.
CREATE TABLE thing (
  kind    TEXT NOT NULL,
  id      TEXT NOT NULL,
  version INTEGER NOT NULL,
  owner   TEXT NOT NULL,
  body    TEXT NOT NULL,
  at      INTEGER NOT NULL,
  current INTEGER NOT NULL CHECK (current IN (0, 1)),
  PRIMARY KEY (kind, id, version)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX thing_current ON thing (kind, id) WHERE current = 1;
CREATE INDEX thing_owner ON thing (owner, kind) WHERE current = 1;

CREATE TABLE signature (
  understanding  TEXT NOT NULL,
  content_sha256 TEXT NOT NULL,
  party          TEXT NOT NULL,
  body           TEXT NOT NULL,
  PRIMARY KEY (understanding, content_sha256, party)
) STRICT, WITHOUT ROWID;

-- Operations; every version stays, one is current.
CREATE TABLE operation (
  seq            INTEGER PRIMARY KEY,
  id             TEXT NOT NULL,
  version        INTEGER NOT NULL,
  party          TEXT NOT NULL,
  state          TEXT NOT NULL,
  starts_at      INTEGER NOT NULL,
  ends_at        INTEGER NOT NULL,
  filed_at       INTEGER NOT NULL,
  moved_at       INTEGER NOT NULL,
  first_filed_at INTEGER NOT NULL,
  movement       TEXT NOT NULL,
  kid            TEXT,
  leaf           INTEGER NOT NULL REFERENCES leaf (idx) DEFERRABLE INITIALLY DEFERRED,
  body           TEXT NOT NULL,
  current        INTEGER NOT NULL CHECK (current IN (0, 1)),
  UNIQUE (id, version)
) STRICT;
CREATE UNIQUE INDEX operation_current ON operation (id) WHERE current = 1;
CREATE INDEX operation_window ON operation (ends_at, starts_at) WHERE current = 1;
CREATE INDEX operation_party ON operation (party, ends_at) WHERE current = 1;

-- To whom an operation's own disclosure shows it ('*': everybody), for the current version.
CREATE TABLE released (
  party     TEXT NOT NULL,
  operation TEXT NOT NULL,
  PRIMARY KEY (party, operation)
) STRICT, WITHOUT ROWID;
CREATE INDEX released_operation ON released (operation);

-- Which cells an operation that still takes space touches: candidates, never verdicts.
CREATE TABLE cell (
  cell      INTEGER NOT NULL,
  operation INTEGER NOT NULL REFERENCES operation (seq),
  starts_at INTEGER NOT NULL,
  ends_at   INTEGER NOT NULL,
  lower_m   REAL NOT NULL,
  upper_m   REAL NOT NULL,
  PRIMARY KEY (cell, operation)
) STRICT, WITHOUT ROWID;
CREATE INDEX cell_operation ON cell (operation);
CREATE INDEX cell_ends ON cell (ends_at);

-- Its volumes as the index in memory takes them (geometry/held.py), to fill that quickly.
CREATE TABLE volumes (
  operation INTEGER PRIMARY KEY REFERENCES operation (seq),
  columns   BLOB NOT NULL
) STRICT;

CREATE TABLE finding (
  seq            INTEGER PRIMARY KEY,
  id             TEXT NOT NULL,
  kind           TEXT NOT NULL,
  operation      TEXT NOT NULL,
  other          TEXT,
  site           TEXT,
  opened_at      INTEGER NOT NULL,
  closed_at      INTEGER,
  closed_because TEXT,
  body           TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX finding_open ON finding (id) WHERE closed_at IS NULL;
CREATE INDEX finding_id ON finding (id);
CREATE INDEX finding_site ON finding (site) WHERE site IS NOT NULL;
CREATE INDEX finding_operation ON finding (operation, closed_at);
CREATE INDEX finding_other ON finding (other, closed_at) WHERE other IS NOT NULL;

CREATE TABLE ask (
  id        TEXT PRIMARY KEY,
  finding   TEXT NOT NULL,
  operation TEXT NOT NULL,
  of_party  TEXT NOT NULL,
  state     TEXT NOT NULL,
  due_at    INTEGER,
  body      TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ask_finding ON ask (finding);
CREATE INDEX ask_operation ON ask (operation);
CREATE INDEX ask_party ON ask (of_party, state);
CREATE INDEX ask_due ON ask (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE answer (
  id    TEXT PRIMARY KEY,
  ask   TEXT NOT NULL REFERENCES ask (id),
  party TEXT NOT NULL,
  at    INTEGER NOT NULL,
  body  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_ask ON answer (ask, at);

-- Who was told what, when: the outbox of the courier, and the record of it.
CREATE TABLE event (
  seq          INTEGER PRIMARY KEY AUTOINCREMENT,
  party        TEXT NOT NULL,
  type         TEXT NOT NULL,
  subject      TEXT NOT NULL,
  at           INTEGER NOT NULL,
  delivered_at INTEGER
) STRICT;
CREATE INDEX event_party ON event (party, seq);
CREATE INDEX event_waiting ON event (party, seq) WHERE delivered_at IS NULL;

-- The log. data is the entry (RFC 8785), content what it commits to (the bytes as they came), salt opens it.
CREATE TABLE leaf (
  idx     INTEGER PRIMARY KEY,
  data    BLOB NOT NULL,
  salt    BLOB NOT NULL,
  content BLOB
) STRICT;
CREATE TABLE node (
  level INTEGER NOT NULL,
  idx   INTEGER NOT NULL,
  hash  BLOB NOT NULL,
  PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE remembered (
  party          TEXT NOT NULL,
  key            TEXT NOT NULL,
  request_sha256 TEXT NOT NULL,
  response       TEXT NOT NULL,
  at             INTEGER NOT NULL,
  PRIMARY KEY (party, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE spent (
  party TEXT NOT NULL,
  day   TEXT NOT NULL,
  cell  INTEGER NOT NULL,
  PRIMARY KEY (party, day, cell)
) STRICT, WITHOUT ROWID;
