-- The ledger: each entry of each posting, as the journals tell them. Debit is positive, credit negative.
-- source: the order or record whose journal entry `seq` posted it; n: its place among the entries of that.
-- base: the currency of the books, empty where they are kept in that of each amount.
CREATE TABLE postings (
    cell         integer     NOT NULL,
    source_kind  text        NOT NULL,
    source       text        NOT NULL COLLATE "C",
    seq          integer     NOT NULL,
    n            integer     NOT NULL,
    recorded_at  timestamptz NOT NULL,
    entity       text        NOT NULL,
    day          date        NOT NULL,
    account      text        NOT NULL,
    sub          text        NOT NULL,
    currency     char(3)     NOT NULL,
    amount_minor bigint      NOT NULL,
    base         text        NOT NULL,
    base_minor   bigint      NOT NULL,
    rate         text        NOT NULL,
    cause        text        NOT NULL,
    document     text        NOT NULL,
    PRIMARY KEY (cell, source_kind, source, seq, n, recorded_at)
) PARTITION BY RANGE (recorded_at);
CREATE INDEX postings_accounts ON postings (cell, entity, account, day);

-- Legal entities, and what currencies are worth, are settings.
ALTER TABLE settings DROP CONSTRAINT settings_kind_check;
ALTER TABLE settings ADD CONSTRAINT settings_kind_check
    CHECK (kind IN ('channel', 'location', 'pool', 'custom_field', 'entity', 'rates'));
