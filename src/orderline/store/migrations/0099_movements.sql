-- Who has moved units and by which way in, for which paper, and why, where somebody said so. An entry without a name is older.
ALTER TABLE stock_entries
    ADD COLUMN done_by text NOT NULL DEFAULT '',
    ADD COLUMN via text NOT NULL DEFAULT '',
    ADD COLUMN reference text NOT NULL DEFAULT '',
    ADD COLUMN reason text NOT NULL DEFAULT '';

-- The ledger of all SKUs, of a location, and of what was no order's, the last entry first. All quantities are above nought: who
-- does not say so does not go by these, so that moves of a SKU are found by their key while nothing is known of a new month.
CREATE INDEX stock_entries_by_time ON stock_entries (cell, recorded_at, id) WHERE quantity > 0;
CREATE INDEX stock_entries_by_location ON stock_entries (cell, location, recorded_at, id) WHERE quantity <> 0;
CREATE INDEX stock_entries_by_kind ON stock_entries (cell, split_part(cause, ':', 1), recorded_at, id)
 WHERE split_part(cause, ':', 1) <> 'order';
