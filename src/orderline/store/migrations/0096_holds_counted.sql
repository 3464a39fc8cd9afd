-- Open holds counted by type and owner without looking at them.
CREATE INDEX holds_due ON holds (cell, due_at) INCLUDE (type, owner, placed_at, order_id);
DROP INDEX holds_by_due;
ALTER INDEX holds_due RENAME TO holds_by_due;
