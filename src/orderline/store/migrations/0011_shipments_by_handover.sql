-- For manifests: what a location has handed over on a day.
CREATE INDEX shipments_by_handover ON shipments (cell, location, handed_over_at);
