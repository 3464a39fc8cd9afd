-- What channels are told of SKUs: `sequence` rises with each change of the figure, `acked` is the last they have taken.
-- `seen` is what the pools had when the figure was made.
CREATE TABLE channel_levels (
    cell       integer     NOT NULL,
    channel    text        NOT NULL,
    sku        text        NOT NULL,
    seen       bigint      NOT NULL,
    quantity   bigint      NOT NULL CHECK (quantity >= 0),
    sequence   bigint      NOT NULL CHECK (sequence > 0),
    changed_at timestamptz NOT NULL,
    looked_at  timestamptz NOT NULL,
    acked      bigint      NOT NULL DEFAULT 0 CHECK (acked BETWEEN 0 AND sequence),
    unknown    boolean     NOT NULL DEFAULT false,
    PRIMARY KEY (cell, channel, sku)
);
CREATE INDEX channel_levels_waiting ON channel_levels (cell, channel, changed_at) WHERE acked < sequence;

-- Sets of levels that channels were sent: how long after the oldest change in it, and when they had taken it.
CREATE TABLE channel_pushes (
    cell       integer     NOT NULL,
    channel    text        NOT NULL,
    changed_at timestamptz NOT NULL,
    pushed_at  timestamptz NOT NULL,
    acked_at   timestamptz CHECK (acked_at >= pushed_at),
    levels     integer     NOT NULL CHECK (levels > 0),
    error      text        NOT NULL DEFAULT '',
    PRIMARY KEY (cell, channel, pushed_at)
);

-- What payment providers know and we do not, or the other way round, until a person has looked at it.
CREATE TABLE payment_differences (
    cell        integer     NOT NULL,
    provider    text        NOT NULL,
    event_id    text        NOT NULL,
    kind        text        NOT NULL,
    order_id    uuid,
    reference   text        NOT NULL,
    operation   text        NOT NULL,
    amount      bigint      NOT NULL,
    currency    text        NOT NULL,
    next_step   text        NOT NULL,
    occurred_at timestamptz NOT NULL,
    found_at    timestamptz NOT NULL,
    settled_at  timestamptz,
    settled_by  text        NOT NULL DEFAULT '',
    note        text        NOT NULL DEFAULT '',
    PRIMARY KEY (cell, provider, event_id)
);
CREATE INDEX payment_differences_open ON payment_differences (cell, found_at) WHERE settled_at IS NULL;

-- How far each provider's transactions, and the answers in our journal, have been compared.
CREATE TABLE payment_checks (
    cell       integer     NOT NULL,
    provider   text        NOT NULL,
    checked_to timestamptz NOT NULL,
    position   bigint      NOT NULL,
    PRIMARY KEY (cell, provider)
);
