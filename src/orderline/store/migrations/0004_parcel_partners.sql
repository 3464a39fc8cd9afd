-- Through which connector a parcel's label was bought: it alone may report on the parcel.
ALTER TABLE parcels ADD COLUMN partner text NOT NULL DEFAULT '';
