-- What locations were given and have handed over since an instant.
CREATE INDEX fulfillment_orders_by_opening ON fulfillment_orders (cell, location, opened_at);
CREATE INDEX shipments_by_location ON shipments (cell, location, handed_over_at);
