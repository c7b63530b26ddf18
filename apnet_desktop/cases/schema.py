"""The tables of the case store, as numbered migrations: entry n brings a store from version n to n + 1."""

from __future__ import annotations

__all__ = ["CURRENT_VERSION", "MIGRATIONS"]

_FIRST = """
CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    change INTEGER NOT NULL,          -- grows with every change of any case: the order of the worklist
    created TEXT NOT NULL,            -- UTC, ISO 8601
    modified TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'archived', 'deleted')),
    deleted TEXT,                     -- when it went to the bin
    purge_noticed TEXT,               -- when the end of its grace period was first seen
    name TEXT NOT NULL DEFAULT '',
    patient_id TEXT NOT NULL DEFAULT '',
    birth_date TEXT NOT NULL DEFAULT '',
    sex TEXT NOT NULL DEFAULT '',
    study_date TEXT NOT NULL DEFAULT '',
    series_uid TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    search TEXT NOT NULL DEFAULT '',  -- folded text of what the worklist searches
    steps TEXT NOT NULL DEFAULT 'to_do,to_do,to_do,to_do',
    next_step TEXT NOT NULL DEFAULT 'ct',
    next_message TEXT NOT NULL DEFAULT '',
    risk REAL,
    series TEXT,                      -- SeriesReference
    record TEXT,                      -- ClinicalRecord
    prediction TEXT,                  -- Prediction
    roi TEXT                          -- RoiHeader; its mask lies in the file that it names
) STRICT;
CREATE INDEX cases_by_change ON cases (state, change DESC);
CREATE INDEX cases_by_patient ON cases (patient_id, change DESC);

CREATE TABLE strokes (
    case_id TEXT NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    slice INTEGER NOT NULL,
    bits BLOB NOT NULL,               -- the slice after the stroke: packed bits, deflated
    PRIMARY KEY (case_id, slice)
) STRICT;

CREATE TABLE reports (
    case_id TEXT NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    content TEXT NOT NULL,            -- ReportVersion
    PRIMARY KEY (case_id, version)
) STRICT;
CREATE INDEX reports_by_digest ON reports (sha256);

CREATE TABLE overrides (
    case_id TEXT NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    check_id TEXT NOT NULL,
    content TEXT NOT NULL,            -- Override
    PRIMARY KEY (case_id, check_id)
) STRICT;

CREATE TABLE facts (                  -- single values of the store: the change counter, the case that is open
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    session TEXT NOT NULL,
    monotonic INTEGER NOT NULL,
    user TEXT NOT NULL,
    person TEXT NOT NULL,
    action TEXT NOT NULL,
    case_id TEXT NOT NULL,
    details TEXT,                     -- NULL once the case has been removed for good
    details_sha256 TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_case ON audit (case_id);
CREATE TABLE audit_head (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    number INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_keeps_values BEFORE UPDATE ON audit
    WHEN NEW.details IS NOT NULL OR NEW.number IS NOT OLD.number OR NEW.time IS NOT OLD.time
        OR NEW.session IS NOT OLD.session OR NEW.monotonic IS NOT OLD.monotonic OR NEW.user IS NOT OLD.user
        OR NEW.person IS NOT OLD.person OR NEW.action IS NOT OLD.action OR NEW.case_id IS NOT OLD.case_id
        OR NEW.details_sha256 IS NOT OLD.details_sha256 OR NEW.previous IS NOT OLD.previous OR NEW.hash IS NOT OLD.hash
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
"""

_SECOND = """
ALTER TABLE cases ADD COLUMN ct_path TEXT NOT NULL DEFAULT '';   -- a CT that waits to be read
CREATE TABLE members (                -- cases of a cohort
    case_id TEXT PRIMARY KEY REFERENCES cases (id) ON DELETE CASCADE,
    patient TEXT NOT NULL UNIQUE,     -- id in the cohort's table
    second_reader INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE follow_ups (
    case_id TEXT PRIMARY KEY REFERENCES cases (id) ON DELETE CASCADE,
    content TEXT NOT NULL             -- FollowUp
) STRICT;
CREATE TABLE readings (
    case_id TEXT NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    reader TEXT NOT NULL,
    content TEXT NOT NULL,            -- Reading
    PRIMARY KEY (case_id, reader)
) STRICT;
"""

MIGRATIONS: tuple[str, ...] = (_FIRST, _SECOND)
CURRENT_VERSION = len(MIGRATIONS)
