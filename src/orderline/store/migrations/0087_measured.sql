-- Indicators. What each order counts as: its parts as one text, so that what is measured anew replaces what was; the same part by
-- part, so that the orders behind a figure are found; and the sums of each day, which figures are made of.
CREATE TABLE measured_orders (
    cell     integer NOT NULL,
    order_id uuid    NOT NULL,
    version  integer NOT NULL,
    parts    text    NOT NULL,
    PRIMARY KEY (cell, order_id)
);

CREATE TABLE measured_parts (
    cell     integer NOT NULL,
    measure  text    NOT NULL,
    day      date    NOT NULL,
    slice    bigint  NOT NULL,
    order_id uuid    NOT NULL,
    amount   bigint  NOT NULL,
    number   bigint  NOT NULL,
    PRIMARY KEY (cell, measure, day, slice, order_id)
);

-- slice: a hash of what it is sliced by. parts: how many there are; a row without any is deleted.
CREATE TABLE measured_days (
    cell     integer NOT NULL,
    measure  text    NOT NULL,
    day      date    NOT NULL,
    slice    bigint  NOT NULL,
    channel  text    NOT NULL,
    location text    NOT NULL,
    carrier  text    NOT NULL,
    country  text    NOT NULL,
    zone     text    NOT NULL,
    sku      text    NOT NULL,
    rule     text    NOT NULL,
    reason   text    NOT NULL,
    currency text    NOT NULL,
    amount   bigint  NOT NULL,
    number   bigint  NOT NULL,
    parts    bigint  NOT NULL,
    PRIMARY KEY (cell, measure, day, slice)
) WITH (fillfactor = 70);

-- How far the journal has been measured, and by which formulas; one row for each cell.
CREATE TABLE measured_until (
    cell     integer     NOT NULL PRIMARY KEY,
    position bigint      NOT NULL,
    order_id uuid        NOT NULL,
    seq      integer     NOT NULL,
    formulas integer     NOT NULL,
    at       timestamptz NOT NULL
);
