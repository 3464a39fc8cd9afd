-- Orders of companies, by the names that the companies know them by, with what each adds to what is owed on terms: a
-- function of the order's document.
CREATE TABLE company_orders (
    cell             integer     NOT NULL,
    order_id         uuid        NOT NULL,
    company          text        NOT NULL,
    location         text        NOT NULL,
    buyer            text        NOT NULL,
    po_number        text        NOT NULL,
    number           text        NOT NULL,
    currency         char(3)     NOT NULL,
    placed_at        timestamptz NOT NULL,
    live             boolean     NOT NULL,
    held             boolean     NOT NULL,
    receivable_minor bigint      NOT NULL CHECK (receivable_minor >= 0),
    shipped_minor    bigint      NOT NULL CHECK (shipped_minor >= 0),
    allocated_minor  bigint      NOT NULL CHECK (allocated_minor >= 0),
    waiting_minor    bigint      NOT NULL CHECK (waiting_minor >= 0),
    held_minor       bigint      NOT NULL CHECK (held_minor >= 0),
    deposits_minor   bigint      NOT NULL CHECK (deposits_minor >= 0),
    secured_minor    bigint      NOT NULL CHECK (secured_minor >= 0),
    exposure_minor   bigint      NOT NULL CHECK (exposure_minor >= 0),
    PRIMARY KEY (cell, order_id)
);

CREATE UNIQUE INDEX company_orders_by_po_number ON company_orders (cell, company, po_number)
 WHERE po_number <> '' AND live;
CREATE INDEX company_orders_by_company ON company_orders (cell, company, placed_at, order_id);
CREATE INDEX company_orders_owed ON company_orders (cell, company) INCLUDE (exposure_minor) WHERE exposure_minor > 0;
CREATE INDEX company_orders_held ON company_orders (cell, company, placed_at, order_id) WHERE held;
CREATE INDEX company_orders_by_number ON company_orders (cell, po_number) WHERE po_number <> '';
