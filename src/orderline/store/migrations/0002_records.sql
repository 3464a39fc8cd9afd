-- Records: what is no order and yet has a history. The document is in `body`; the other columns are computed from it.
CREATE TABLE records (
    cell       integer     NOT NULL,
    kind       text        NOT NULL,
    id         text        NOT NULL,
    state      text        NOT NULL,
    subject    text        NOT NULL,
    owner      text        NOT NULL,
    due_at     timestamptz,
    version    integer     NOT NULL CHECK (version > 0),
    changed_at timestamptz NOT NULL,
    body       text        NOT NULL,
    PRIMARY KEY (cell, kind, id)
) WITH (fillfactor = 85);

CREATE INDEX records_by_state ON records (cell, kind, state, id);
CREATE INDEX records_by_subject ON records (cell, kind, subject, id) WHERE subject <> '';
CREATE INDEX records_by_due ON records (cell, due_at, kind, id) WHERE due_at IS NOT NULL;

CREATE TABLE record_journal (
    cell        integer     NOT NULL,
    kind        text        NOT NULL,
    id          text        NOT NULL,
    seq         integer     NOT NULL,
    recorded_at timestamptz NOT NULL,
    body        text        NOT NULL,
    hash        bytea       NOT NULL,
    position    bigint      NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    PRIMARY KEY (cell, kind, id, seq, recorded_at)
) PARTITION BY RANGE (recorded_at);

CREATE INDEX record_journal_by_position ON record_journal (cell, position, kind, id, seq);
