// SPDX-License-Identifier: Apache-2.0

/// The SQLite schema, one step per entry; `PRAGMA user_version` counts the steps a file has had.
///
/// A step that was released is never edited: a change is a new step at the end.
let sqliteMigrations: [String] = [
    // 1: passes, and what happened in each. Rows are added and never changed, which triggers enforce.
    """
    CREATE TABLE pass (
        id                TEXT PRIMARY KEY,
        environment       TEXT NOT NULL,
        cause             TEXT NOT NULL,
        started_at        INTEGER NOT NULL, -- milliseconds since 1970, UTC
        finished_at       INTEGER NOT NULL,
        revision          TEXT,
        previous_revision TEXT,
        outcome           TEXT NOT NULL,
        stage             TEXT NOT NULL,
        reason            TEXT NOT NULL,
        unchanged_count   INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX pass_by_environment ON pass (environment, id);

    CREATE TABLE pass_object (
        pass_id   TEXT NOT NULL,
        position  INTEGER NOT NULL,
        api_group TEXT NOT NULL,
        kind      TEXT NOT NULL,
        namespace TEXT,
        name      TEXT NOT NULL,
        service   TEXT,
        action    TEXT NOT NULL,
        message   TEXT NOT NULL,
        PRIMARY KEY (pass_id, position)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE pass_diagnostic (
        pass_id  TEXT NOT NULL,
        position INTEGER NOT NULL,
        severity TEXT NOT NULL,
        code     TEXT NOT NULL,
        message  TEXT NOT NULL,
        file     TEXT NOT NULL,
        line     INTEGER NOT NULL,
        col      INTEGER NOT NULL,
        hint     TEXT,
        service  TEXT,
        PRIMARY KEY (pass_id, position)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE pass_warning (
        pass_id  TEXT NOT NULL,
        position INTEGER NOT NULL,
        message  TEXT NOT NULL,
        PRIMARY KEY (pass_id, position)
    ) STRICT, WITHOUT ROWID;

    CREATE TRIGGER pass_is_never_changed BEFORE UPDATE ON pass
        BEGIN SELECT RAISE(ABORT, 'passes are never changed'); END;
    CREATE TRIGGER pass_is_never_deleted BEFORE DELETE ON pass
        BEGIN SELECT RAISE(ABORT, 'passes are never deleted'); END;
    """,
    // 2: what hooks wrote.
    """
    CREATE TABLE pass_log (
        pass_id   TEXT NOT NULL,
        position  INTEGER NOT NULL,
        namespace TEXT,
        job       TEXT NOT NULL,
        service   TEXT NOT NULL,
        pod       TEXT NOT NULL,
        container TEXT NOT NULL,
        text      TEXT NOT NULL,
        problem   TEXT,
        PRIMARY KEY (pass_id, position)
    ) STRICT, WITHOUT ROWID;
    """,
]
