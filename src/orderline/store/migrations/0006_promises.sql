-- What was handed over and delivered lately: how fast locations and carriers really are.
CREATE INDEX shipments_by_time ON shipments (cell, handed_over_at);
CREATE INDEX parcels_delivered ON parcels (cell, moved_at) WHERE state = 'delivered';
