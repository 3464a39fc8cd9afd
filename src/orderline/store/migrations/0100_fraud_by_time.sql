-- Orders that were charged back for fraud in a time.
CREATE INDEX order_disputes_of_fraud ON order_disputes (cell, opened_at, order_id) WHERE fraud;
