-- Invoices over several orders of a company: which orders have something that is to go on the next one, a function of the
-- order's document.
ALTER TABLE company_orders ADD COLUMN billable boolean NOT NULL DEFAULT false;

CREATE INDEX company_orders_billable ON company_orders (cell, company, placed_at, order_id) WHERE billable;
