-- The clock also asks for repairs whose price nobody has said yes to in time.
DROP INDEX return_items_to_expire;
CREATE INDEX return_items_to_expire ON return_items (cell, expires_at)
 WHERE custody IN ('approved', 'in_transit', 'quoted');
