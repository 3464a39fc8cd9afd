-- What providers list of our balance there: each change of it once, with the payout that it is a part of. `named`: the provider has
-- said so; else it is in the first payout after it. `booked`: that payout is in the books. order_id: whose payment it is.
CREATE TABLE settlement_entries (
    cell        integer     NOT NULL,
    provider    text        NOT NULL,
    entry       text        NOT NULL,
    kind        text        NOT NULL,
    gross_minor bigint      NOT NULL,
    fee_minor   bigint      NOT NULL,
    net_minor   bigint      NOT NULL CHECK (net_minor = gross_minor - fee_minor),
    currency    char(3)     NOT NULL,
    occurred_at timestamptz NOT NULL,
    reference   text        NOT NULL,
    payment     text        NOT NULL,
    payout      text        NOT NULL,
    named       boolean     NOT NULL,
    booked      boolean     NOT NULL DEFAULT false,
    order_id    uuid,
    text        text        NOT NULL,
    found_at    timestamptz NOT NULL,
    PRIMARY KEY (cell, provider, entry)
);

CREATE INDEX settlement_entries_by_payout ON settlement_entries (cell, provider, payout);
CREATE INDEX settlement_entries_open ON settlement_entries (cell, provider, occurred_at) WHERE NOT booked;
CREATE INDEX settlement_entries_by_order ON settlement_entries (cell, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX settlement_entries_lonely ON settlement_entries (cell, provider, payment) WHERE order_id IS NULL;

-- How far each provider's settlements have been read; NULL: not yet.
ALTER TABLE payment_checks ADD COLUMN settled_to timestamptz;

-- Who works a difference off.
ALTER TABLE payment_differences ADD COLUMN owner text NOT NULL DEFAULT 'finance';
