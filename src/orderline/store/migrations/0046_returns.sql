-- Items of returns, for the desks that wait for them: a function of the order's document.
CREATE TABLE return_items (
    cell            integer     NOT NULL,
    order_id        uuid        NOT NULL,
    number          integer     NOT NULL,
    item            integer     NOT NULL,
    line            integer     NOT NULL,
    sku             text        NOT NULL,
    quantity        bigint      NOT NULL CHECK (quantity > 0),
    reason          text        NOT NULL,
    source          text        NOT NULL,
    custody         text        NOT NULL,
    money           text        NOT NULL,
    location        text        NOT NULL,
    tracking_number text        NOT NULL,
    requested_at    timestamptz NOT NULL,
    moved_at        timestamptz NOT NULL,
    expires_at      timestamptz,
    PRIMARY KEY (cell, order_id, number, item)
);

CREATE INDEX return_items_by_custody ON return_items (cell, custody, moved_at, order_id);
CREATE INDEX return_items_by_tracking ON return_items (cell, tracking_number) WHERE tracking_number <> '';
CREATE INDEX return_items_to_expire ON return_items (cell, expires_at)
 WHERE custody IN ('approved', 'in_transit');
