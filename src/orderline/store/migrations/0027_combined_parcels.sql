-- Parcels that are parts of one: what their carrier tells is true of all.
ALTER TABLE parcels ADD COLUMN combined text NOT NULL DEFAULT '';
