-- For parcels that are not heard of any more.
CREATE INDEX parcels_under_way ON parcels (cell, moved_at, id)
 WHERE state IN ('handed_over', 'in_transit', 'out_for_delivery', 'exception', 'returning');
