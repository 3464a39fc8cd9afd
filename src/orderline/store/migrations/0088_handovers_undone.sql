-- When the last parcel of a shipment turned out to be here still: it counts as handed over no longer.
ALTER TABLE shipments ADD COLUMN undone_at timestamptz;
