-- The spine: orders and their windows, stock, journal, outbox, people, settings.
-- `cell` comes first in every key. Append-only tables are partitioned by month; partitions are made ahead by
-- `store.partitions`. The window tables beside `orders.state` are a pure function of it.

CREATE TABLE orders (
    cell         integer     NOT NULL,
    id           uuid        NOT NULL,
    number       text        NOT NULL,
    channel      text        NOT NULL,
    external_id  text        NOT NULL,
    placed_at    timestamptz NOT NULL,
    phase        text        NOT NULL,
    payment      text        NOT NULL,
    fulfillment  text        NOT NULL,
    returns      text        NOT NULL,
    is_test      boolean     NOT NULL,
    priority     integer     NOT NULL,
    currency     char(3)     NOT NULL,
    total_minor  bigint      NOT NULL CHECK (total_minor >= 0),
    tags         text[]      NOT NULL,
    person       uuid        NOT NULL,
    next_step    text,
    owner        text,
    due_at       timestamptz,
    version      integer     NOT NULL CHECK (version > 0),
    intake_hash  bytea       NOT NULL,
    state        text        NOT NULL,
    PRIMARY KEY (cell, id),
    UNIQUE (cell, channel, external_id),
    UNIQUE (cell, number)
) WITH (fillfactor = 85, toast_tuple_target = 8160);

CREATE INDEX orders_by_phase ON orders (cell, phase, id);
CREATE INDEX orders_by_placed ON orders (cell, placed_at, id);
CREATE INDEX orders_by_due ON orders (cell, due_at, id) WHERE due_at IS NOT NULL;
-- What is out of the ordinary only: an order that goes straight through never enters these two.
CREATE INDEX orders_by_payment ON orders (cell, payment, id)
    WHERE payment NOT IN ('none', 'pending', 'authorized', 'paid');
CREATE INDEX orders_by_returns ON orders (cell, returns, id) WHERE returns <> 'none';
CREATE INDEX orders_by_tag ON orders USING gin (tags) WHERE tags <> '{}';
CREATE INDEX orders_tagged ON orders (cell, id) WHERE tags <> '{}';

CREATE TABLE order_lines (
    cell      integer NOT NULL,
    order_id  uuid    NOT NULL,
    line      integer NOT NULL,
    sku       text    NOT NULL,
    kind      text    NOT NULL,
    ordered   integer NOT NULL CHECK (ordered >= 0),
    unplanned integer NOT NULL CHECK (unplanned >= 0),
    pooled    integer NOT NULL CHECK (pooled >= 0),
    pegged    integer NOT NULL CHECK (pegged >= 0),
    allocated integer NOT NULL CHECK (allocated >= 0),
    released  integer NOT NULL CHECK (released >= 0),
    picked    integer NOT NULL CHECK (picked >= 0),
    packed    integer NOT NULL CHECK (packed >= 0),
    shipped   integer NOT NULL CHECK (shipped >= 0),
    delivered integer NOT NULL CHECK (delivered >= 0),
    lost      integer NOT NULL CHECK (lost >= 0),
    returned  integer NOT NULL CHECK (returned >= 0),
    canceled  integer NOT NULL CHECK (canceled >= 0),
    PRIMARY KEY (cell, order_id, line),
    CONSTRAINT units_are_conserved CHECK (
        ordered::bigint = unplanned::bigint + pooled + pegged + allocated + released + picked + packed
                        + shipped + delivered + lost + returned + canceled)
) WITH (fillfactor = 85);

CREATE INDEX order_lines_by_sku ON order_lines (cell, sku, order_id);
CREATE INDEX order_lines_waiting ON order_lines (cell, sku, order_id) WHERE unplanned > 0;

CREATE TABLE fulfillment_orders (
    cell        integer     NOT NULL,
    id          uuid        NOT NULL,
    order_id    uuid        NOT NULL,
    number      integer     NOT NULL,
    location    text        NOT NULL,
    execution   text        NOT NULL,
    negotiation text        NOT NULL,
    opened_at   timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    allocated   integer     NOT NULL CHECK (allocated >= 0),
    released    integer     NOT NULL CHECK (released >= 0),
    picked      integer     NOT NULL CHECK (picked >= 0),
    packed      integer     NOT NULL CHECK (packed >= 0),
    shipped     integer     NOT NULL CHECK (shipped >= 0),
    PRIMARY KEY (cell, id)
) WITH (fillfactor = 85);

CREATE INDEX fulfillment_orders_open ON fulfillment_orders (cell, location, due_at)
    WHERE execution IN ('open', 'in_progress');
CREATE INDEX fulfillment_orders_by_order ON fulfillment_orders (cell, order_id);
CREATE INDEX fulfillment_orders_by_location ON fulfillment_orders (cell, location, order_id);

CREATE TABLE shipments (
    cell           integer     NOT NULL,
    id             uuid        NOT NULL,
    order_id       uuid        NOT NULL,
    number         integer     NOT NULL,
    location       text        NOT NULL,
    carrier        text        NOT NULL,
    handed_over_at timestamptz NOT NULL,
    PRIMARY KEY (cell, id)
);

CREATE INDEX shipments_by_order ON shipments (cell, order_id);

CREATE TABLE parcels (
    cell            integer     NOT NULL,
    id              uuid        NOT NULL,
    order_id        uuid        NOT NULL,
    number          integer     NOT NULL,
    fulfillment     integer     NOT NULL,
    shipment        integer,
    state           text        NOT NULL,
    carrier         text        NOT NULL,
    tracking_number text        NOT NULL,
    moved_at        timestamptz,
    PRIMARY KEY (cell, id)
) WITH (fillfactor = 85);

CREATE INDEX parcels_by_tracking ON parcels (cell, tracking_number) WHERE tracking_number <> '';
CREATE INDEX parcels_by_order ON parcels (cell, order_id);

CREATE TABLE holds (
    cell      integer     NOT NULL,
    order_id  uuid        NOT NULL,
    number    integer     NOT NULL,
    type      text        NOT NULL,
    blocks    text[]      NOT NULL,
    owner     text        NOT NULL,
    reason    text        NOT NULL,
    placed_by text        NOT NULL,
    placed_at timestamptz NOT NULL,
    due_at    timestamptz,
    line      integer,
    PRIMARY KEY (cell, order_id, number)
);

CREATE INDEX holds_by_due ON holds (cell, due_at);

CREATE TABLE people (
    cell      integer NOT NULL,
    token     uuid    NOT NULL,
    order_id  uuid    NOT NULL,
    name      text    NOT NULL,
    email     text    NOT NULL,
    phone     text    NOT NULL,
    address   text,
    erased_at timestamptz,
    PRIMARY KEY (cell, token)
);

CREATE INDEX people_by_email ON people (cell, lower(email) text_pattern_ops, order_id) WHERE email <> '';
CREATE INDEX people_by_name ON people (cell, lower(name) text_pattern_ops, order_id) WHERE name <> '';

-- One row per order and command, its events inside; hash = SHA-256 of the previous row's hash and this body.
-- `position` orders what other transactions may read: everything below the oldest running one is final.
CREATE TABLE journal (
    cell        integer     NOT NULL,
    order_id    uuid        NOT NULL,
    seq         integer     NOT NULL,
    recorded_at timestamptz NOT NULL,
    body        text        NOT NULL,
    hash        bytea       NOT NULL,
    position    bigint      NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    PRIMARY KEY (cell, order_id, seq, recorded_at)
) PARTITION BY RANGE (recorded_at);

CREATE INDEX journal_by_position ON journal (cell, position, order_id, seq);

CREATE TABLE decisions (
    cell       integer     NOT NULL,
    id         uuid        NOT NULL,
    order_id   uuid        NOT NULL,
    decided_at timestamptz NOT NULL,
    body       text        NOT NULL,
    PRIMARY KEY (cell, order_id, id, decided_at)
) PARTITION BY RANGE (decided_at);

CREATE TABLE skus (
    cell integer NOT NULL,
    code text    NOT NULL,
    body text    NOT NULL,
    PRIMARY KEY (cell, code)
);

CREATE TABLE settings (
    cell integer NOT NULL,
    kind text    NOT NULL CHECK (kind IN ('location', 'pool', 'channel')),
    code text    NOT NULL,
    body text    NOT NULL,
    PRIMARY KEY (cell, kind, code)
);

-- position_offset: what a restore has added to the positions of the journal, so that they go on growing.
CREATE TABLE cells (
    cell             integer NOT NULL,
    settings_version bigint  NOT NULL DEFAULT 0,
    next_number      bigint  NOT NULL DEFAULT 1001,
    name             text    NOT NULL DEFAULT '',
    position_offset  bigint  NOT NULL DEFAULT 0,
    PRIMARY KEY (cell)
);

CREATE TABLE stock (
    cell            integer NOT NULL,
    sku             text    NOT NULL,
    location        text    NOT NULL,
    sellable        integer NOT NULL CHECK (sellable >= 0),
    picked          integer NOT NULL CHECK (picked >= 0),
    damaged         integer NOT NULL CHECK (damaged >= 0),
    quality_control integer NOT NULL CHECK (quality_control >= 0),
    blocked         integer NOT NULL CHECK (blocked >= 0),
    missing         integer NOT NULL CHECK (missing >= 0),
    display         integer NOT NULL CHECK (display >= 0),
    allocated       integer NOT NULL CHECK (allocated >= 0),
    safety          integer NOT NULL CHECK (safety >= 0),
    PRIMARY KEY (cell, sku, location)
) WITH (fillfactor = 75);

CREATE TABLE pool_levels (
    cell        integer NOT NULL,
    sku         text    NOT NULL,
    pool        text    NOT NULL,
    promisable  bigint  NOT NULL CHECK (promisable >= 0),
    claims      bigint  NOT NULL CHECK (claims >= 0),
    held        bigint  NOT NULL CHECK (held >= 0),
    backordered bigint  NOT NULL CHECK (backordered >= 0),
    threshold   bigint  NOT NULL CHECK (threshold >= 0),
    PRIMARY KEY (cell, sku, pool)
) WITH (fillfactor = 60);

CREATE TABLE stock_entries (
    cell        integer     NOT NULL,
    sku         text        NOT NULL,
    location    text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    id          uuid        NOT NULL,
    occurred_at timestamptz NOT NULL,
    source      text        NOT NULL,
    target      text        NOT NULL,
    quantity    integer     NOT NULL CHECK (quantity > 0),
    cause       text        NOT NULL,
    CHECK (source <> target),
    PRIMARY KEY (cell, sku, location, recorded_at, id)
) PARTITION BY RANGE (recorded_at);

CREATE TABLE oversold (
    cell     integer     NOT NULL,
    sku      text        NOT NULL,
    location text        NOT NULL,
    quantity integer     NOT NULL,
    found_at timestamptz NOT NULL,
    PRIMARY KEY (cell, sku, location)
);

CREATE TABLE cart_holds (
    cell       integer     NOT NULL,
    id         uuid        NOT NULL,
    channel    text        NOT NULL,
    expires_at timestamptz NOT NULL,
    body       text        NOT NULL,
    PRIMARY KEY (cell, id)
);

CREATE INDEX cart_holds_by_expiry ON cart_holds (cell, expires_at);

CREATE TABLE feeds (
    cell       integer     NOT NULL,
    feed       text        NOT NULL,
    sequence   bigint      NOT NULL,
    applied_at timestamptz NOT NULL,
    PRIMARY KEY (cell, feed)
);

-- Every command that was answered: the same key has one effect and one answer.
CREATE TABLE commands (
    cell        integer     NOT NULL,
    key         text        NOT NULL,
    hash        bytea       NOT NULL,
    answered_at timestamptz NOT NULL,
    answer      text        NOT NULL,
    PRIMARY KEY (cell, key)
);

CREATE TABLE outbox (
    cell        integer     NOT NULL,
    id          uuid        NOT NULL,
    stream      text        NOT NULL,
    kind        text        NOT NULL,
    body        text        NOT NULL,
    due_at      timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    attempts    integer     NOT NULL DEFAULT 0,
    state       text        NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'dead')),
    leased_by   text,
    leased_to   timestamptz,
    last_error  text,
    PRIMARY KEY (cell, id)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_cost_delay = 0);

CREATE INDEX outbox_due ON outbox (cell, due_at, id) WHERE state = 'queued';
CREATE INDEX outbox_by_stream ON outbox (cell, stream, id);
CREATE INDEX outbox_dead ON outbox (cell, id) WHERE state = 'dead';
-- Jobs that have met something: few among the many that are simply not due yet.
CREATE INDEX outbox_waiting ON outbox (cell, kind, due_at) WHERE state = 'queued' AND last_error IS NOT NULL;

-- Facts partners have told, by their own event ids: each is taken in once.
CREATE TABLE inbox (
    cell        integer     NOT NULL,
    partner     text        NOT NULL,
    event_id    text        NOT NULL,
    received_at timestamptz NOT NULL,
    state       text        NOT NULL DEFAULT 'done' CHECK (state IN ('done', 'parked', 'refused')),
    body        text,
    reason      text,
    subject     text,
    due_at      timestamptz,
    attempts    integer     NOT NULL DEFAULT 0,
    PRIMARY KEY (cell, partner, event_id)
);

CREATE INDEX inbox_parked ON inbox (cell, due_at) WHERE state = 'parked';
CREATE INDEX inbox_parked_by_subject ON inbox (cell, subject) WHERE state = 'parked';
CREATE INDEX inbox_by_age ON inbox USING brin (cell, received_at);

CREATE TABLE subscriptions (
    cell       integer     NOT NULL,
    id         uuid        NOT NULL,
    url        text        NOT NULL,
    secret     text        NOT NULL,
    events     text[]      NOT NULL,
    created_at timestamptz NOT NULL,
    active     boolean     NOT NULL DEFAULT true,
    PRIMARY KEY (cell, id)
);

CREATE TABLE api_keys (
    cell         integer     NOT NULL,
    id           text        NOT NULL,
    name         text        NOT NULL,
    hash         bytea       NOT NULL,
    scopes       text[]      NOT NULL,
    channels     text[]      NOT NULL,
    locations    text[]      NOT NULL,
    per_minute   integer     NOT NULL,
    created_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    PRIMARY KEY (cell, id)
);

CREATE TABLE imports (
    cell       integer     NOT NULL,
    id         text        NOT NULL,
    updated_at timestamptz NOT NULL,
    body       text        NOT NULL,
    PRIMARY KEY (cell, id)
);

CREATE TABLE leases (
    cell   integer     NOT NULL,
    name   text        NOT NULL,
    holder text        NOT NULL,
    until  timestamptz NOT NULL,
    PRIMARY KEY (cell, name)
);

-- What the planner is to expect of the outbox. Without it, and until the first ANALYZE of a filled one, it takes `cell`
-- for selective and looks through all jobs for those of one stream. The statistics outlive the rows.
INSERT INTO outbox (cell, id, stream, kind, body, due_at, created_at, last_error)
SELECT 0, gen_random_uuid(), md5((n / 4)::text)::uuid::text,
       (ARRAY['route', 'pay', 'submit', 'label', 'notice', 'close'])[1 + n % 6], '{"fulfillment":1}',
       now() - make_interval(secs => n), now(), CASE WHEN n % 100 = 0 THEN 'because' END
  FROM generate_series(1, 3000) AS n;
ANALYZE outbox;
TRUNCATE outbox;
