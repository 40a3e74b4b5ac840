// SPDX-License-Identifier: Apache-2.0

/// The PostgreSQL schema, one step per entry; the table `kubernaut_schema` has a row for each that was done.
///
/// A step that was released is never edited: a change is a new step at the end. Ids sort by their bytes, whatever the
/// database's language.
let postgresMigrations: [String] = [
    // 1: passes, the audit, keys and sessions, as SQLite has them.
    """
    CREATE TABLE pass (
        id                TEXT COLLATE "C" PRIMARY KEY,
        environment       TEXT COLLATE "C" NOT NULL,
        cause             TEXT NOT NULL,
        started_at        BIGINT NOT NULL, -- milliseconds since 1970, UTC
        finished_at       BIGINT NOT NULL,
        revision          TEXT,
        previous_revision TEXT,
        outcome           TEXT NOT NULL,
        stage             TEXT NOT NULL,
        reason            TEXT NOT NULL,
        unchanged_count   BIGINT NOT NULL
    );
    CREATE INDEX pass_by_environment ON pass (environment, id);

    CREATE TABLE pass_object (
        pass_id   TEXT COLLATE "C" NOT NULL,
        position  BIGINT NOT NULL,
        api_group TEXT NOT NULL,
        kind      TEXT NOT NULL,
        namespace TEXT,
        name      TEXT NOT NULL,
        service   TEXT,
        action    TEXT NOT NULL,
        message   TEXT NOT NULL,
        PRIMARY KEY (pass_id, position)
    );

    CREATE TABLE pass_diagnostic (
        pass_id  TEXT COLLATE "C" NOT NULL,
        position BIGINT NOT NULL,
        severity TEXT NOT NULL,
        code     TEXT NOT NULL,
        message  TEXT NOT NULL,
        file     TEXT NOT NULL,
        line     BIGINT NOT NULL,
        col      BIGINT NOT NULL,
        hint     TEXT,
        service  TEXT,
        PRIMARY KEY (pass_id, position)
    );

    CREATE TABLE pass_warning (
        pass_id  TEXT COLLATE "C" NOT NULL,
        position BIGINT NOT NULL,
        message  TEXT NOT NULL,
        PRIMARY KEY (pass_id, position)
    );

    CREATE TABLE pass_log (
        pass_id   TEXT COLLATE "C" NOT NULL,
        position  BIGINT NOT NULL,
        namespace TEXT,
        job       TEXT NOT NULL,
        service   TEXT NOT NULL,
        pod       TEXT NOT NULL,
        container TEXT NOT NULL,
        text      TEXT NOT NULL,
        problem   TEXT,
        PRIMARY KEY (pass_id, position)
    );

    CREATE TABLE audit (
        id          TEXT COLLATE "C" PRIMARY KEY,
        at          BIGINT NOT NULL, -- milliseconds since 1970, UTC
        actor       TEXT COLLATE "C" NOT NULL,
        person_id   BIGINT,
        key_id      TEXT COLLATE "C",
        channel     TEXT NOT NULL,
        action      TEXT COLLATE "C" NOT NULL,
        result      TEXT COLLATE "C" NOT NULL,
        environment TEXT COLLATE "C",
        from_state  TEXT,
        to_state    TEXT,
        reason      TEXT,
        detail      TEXT,
        revision    TEXT
    );
    CREATE INDEX audit_by_time ON audit (at, id);
    CREATE INDEX audit_by_actor ON audit (actor, id);
    CREATE INDEX audit_by_person ON audit (person_id, id);
    CREATE INDEX audit_by_key ON audit (key_id, id);
    CREATE INDEX audit_by_action ON audit (action, id);
    CREATE INDEX audit_by_result ON audit (result, id);
    CREATE INDEX audit_by_environment ON audit (environment, id);

    CREATE TABLE audit_service (
        audit_id TEXT COLLATE "C" NOT NULL,
        position BIGINT NOT NULL,
        service  TEXT COLLATE "C" NOT NULL,
        PRIMARY KEY (audit_id, position)
    );
    CREATE INDEX audit_by_service ON audit_service (service, audit_id);

    CREATE TABLE api_key (
        id             TEXT COLLATE "C" PRIMARY KEY,
        name           TEXT NOT NULL,
        digest         TEXT NOT NULL, -- SHA-256 of the secret, hexadecimal
        permissions    TEXT NOT NULL, -- lists are JSON
        environments   TEXT NOT NULL,
        services       TEXT NOT NULL,
        created_by     TEXT NOT NULL,
        owner_id       BIGINT,
        created_at     BIGINT NOT NULL,
        expires_at     BIGINT NOT NULL,
        revoked_at     BIGINT,
        last_used_at   BIGINT,
        last_used_from TEXT
    );

    -- Often updated: room in each page keeps rows where they are, and off the indexes.
    CREATE TABLE session (
        digest        TEXT COLLATE "C" PRIMARY KEY, -- SHA-256 of the cookie, hexadecimal
        person_id     BIGINT NOT NULL,
        login         TEXT NOT NULL,
        name          TEXT,
        teams         TEXT NOT NULL, -- JSON
        teams_read_at BIGINT NOT NULL,
        created_at    BIGINT NOT NULL,
        seen_at       BIGINT NOT NULL,
        form_secret   TEXT NOT NULL, -- base64url
        sealed_token  TEXT, -- base64url
        browser       TEXT
    ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
    CREATE INDEX session_by_person ON session (person_id, created_at);

    CREATE FUNCTION kubernaut_is_final() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME;
    END
    $body$;

    -- Tables that only grow. By default the planner's statistics wait for a tenth of a table to be new; a fiftieth is
    -- early enough, and inserts alone also let vacuum keep the visibility map.
    DO $body$
    DECLARE name TEXT;
    BEGIN
        FOREACH name IN ARRAY ARRAY[
            'pass', 'pass_object', 'pass_diagnostic', 'pass_warning', 'pass_log', 'audit', 'audit_service']
        LOOP
            EXECUTE format('CREATE TRIGGER is_final BEFORE UPDATE OR DELETE ON %I
                FOR EACH ROW EXECUTE FUNCTION kubernaut_is_final()', name);
            EXECUTE format('CREATE TRIGGER is_final_as_a_whole BEFORE TRUNCATE ON %I
                FOR EACH STATEMENT EXECUTE FUNCTION kubernaut_is_final()', name);
            EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = true,
                autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 500,
                autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_insert_threshold = 2000)', name);
        END LOOP;
    END
    $body$;
    """
]
