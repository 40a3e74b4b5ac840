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
    // 3: what belongs to a pass is as final as the pass; who did what; keys; sessions.
    """
    CREATE TRIGGER pass_object_is_never_changed BEFORE UPDATE ON pass_object
        BEGIN SELECT RAISE(ABORT, 'passes are never changed'); END;
    CREATE TRIGGER pass_object_is_never_deleted BEFORE DELETE ON pass_object
        BEGIN SELECT RAISE(ABORT, 'passes are never deleted'); END;
    CREATE TRIGGER pass_diagnostic_is_never_changed BEFORE UPDATE ON pass_diagnostic
        BEGIN SELECT RAISE(ABORT, 'passes are never changed'); END;
    CREATE TRIGGER pass_diagnostic_is_never_deleted BEFORE DELETE ON pass_diagnostic
        BEGIN SELECT RAISE(ABORT, 'passes are never deleted'); END;
    CREATE TRIGGER pass_warning_is_never_changed BEFORE UPDATE ON pass_warning
        BEGIN SELECT RAISE(ABORT, 'passes are never changed'); END;
    CREATE TRIGGER pass_warning_is_never_deleted BEFORE DELETE ON pass_warning
        BEGIN SELECT RAISE(ABORT, 'passes are never deleted'); END;
    CREATE TRIGGER pass_log_is_never_changed BEFORE UPDATE ON pass_log
        BEGIN SELECT RAISE(ABORT, 'passes are never changed'); END;
    CREATE TRIGGER pass_log_is_never_deleted BEFORE DELETE ON pass_log
        BEGIN SELECT RAISE(ABORT, 'passes are never deleted'); END;

    CREATE TABLE audit (
        id          TEXT PRIMARY KEY,
        at          INTEGER NOT NULL, -- milliseconds since 1970, UTC
        actor       TEXT NOT NULL,
        person_id   INTEGER,
        key_id      TEXT,
        channel     TEXT NOT NULL,
        action      TEXT NOT NULL,
        result      TEXT NOT NULL,
        environment TEXT,
        from_state  TEXT,
        to_state    TEXT,
        reason      TEXT,
        detail      TEXT,
        revision    TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX audit_by_time ON audit (at, id);
    CREATE INDEX audit_by_actor ON audit (actor, id);
    CREATE INDEX audit_by_person ON audit (person_id, id);
    CREATE INDEX audit_by_key ON audit (key_id, id);
    CREATE INDEX audit_by_action ON audit (action, id);
    CREATE INDEX audit_by_result ON audit (result, id);
    CREATE INDEX audit_by_environment ON audit (environment, id);

    CREATE TABLE audit_service (
        audit_id TEXT NOT NULL,
        position INTEGER NOT NULL,
        service  TEXT NOT NULL,
        PRIMARY KEY (audit_id, position)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX audit_by_service ON audit_service (service, audit_id);

    CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
    CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
    CREATE TRIGGER audit_service_is_never_changed BEFORE UPDATE ON audit_service
        BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
    CREATE TRIGGER audit_service_is_never_deleted BEFORE DELETE ON audit_service
        BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;

    CREATE TABLE api_key (
        id             TEXT PRIMARY KEY,
        name           TEXT NOT NULL,
        digest         TEXT NOT NULL, -- SHA-256 of the secret, hexadecimal
        permissions    TEXT NOT NULL, -- lists are JSON
        environments   TEXT NOT NULL,
        services       TEXT NOT NULL,
        created_by     TEXT NOT NULL,
        owner_id       INTEGER,
        created_at     INTEGER NOT NULL,
        expires_at     INTEGER NOT NULL,
        revoked_at     INTEGER,
        last_used_at   INTEGER,
        last_used_from TEXT
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE session (
        digest        TEXT PRIMARY KEY, -- SHA-256 of the cookie, hexadecimal
        person_id     INTEGER NOT NULL,
        login         TEXT NOT NULL,
        name          TEXT,
        teams         TEXT NOT NULL, -- JSON
        teams_read_at INTEGER NOT NULL,
        created_at    INTEGER NOT NULL,
        seen_at       INTEGER NOT NULL,
        form_secret   TEXT NOT NULL, -- base64url
        sealed_token  TEXT, -- base64url
        browser       TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX session_by_person ON session (person_id, created_at);
    CREATE INDEX session_by_use ON session (seen_at);
    """,
]
